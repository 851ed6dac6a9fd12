"""Long and difficult texts in the eight languages that must be right, and one in English."""

from __future__ import annotations

TITLES = {
    "en": "Fryent Country Park circular walk",
    "cy": "Taith gylchol Parc Gwledig Llŷn a’r Tŵr ar Fôr",
    "pl": "Okrężny szlak przez łąki i źródła Żółtej Gęśli",
    "ro": "Plimbare în cerc prin pădurea și pajiștile țării",
    "ar": "جولة دائرية في متنزه Fryent الريفي",
    "ur": "فرائنٹ کنٹری پارک کی گول سیر",
    "gu": "ફ્રાયન્ટ કન્ટ્રી પાર્કની ગોળાકાર સફર",
    "hi": "फ्रायंट कंट्री पार्क की गोलाकार सैर",
    "ta": "ஃப்ரையண்ட் பூங்காவின் சுற்றுப் பாதை",
}
CAPTIONS = {
    "en": "Meadow, pond and the best view in Brent",
    "cy": "Dôl, pwll a’r olygfa orau yn y sir, gyda’r môr yn y pellter",
    "pl": "Łąka, staw i najpiękniejszy widok w całej okolicy, źródło i żółty dąb",
    "ro": "Pajiște, iaz și cea mai frumoasă priveliște din împrejurimi",
    "ar": "مرج وبركة وأجمل إطلالة في Brent (على بعد 2.1 ميل)",
    "ur": "سبزہ زار، تالاب اور برینٹ کا سب سے خوبصورت منظر، 2.1 میل دور",
    "gu": "ઘાસનું મેદાન, તળાવ અને બ્રેન્ટનું શ્રેષ્ઠ દૃશ્ય 🌳",
    "hi": "घास का मैदान, तालाब और ब्रेंट का सर्वश्रेष्ठ दृश्य 🌳",
    "ta": "புல்வெளி, குளம் மற்றும் பிரெண்ட்டின் மிகச்சிறந்த காட்சி",
}
CALLS = {
    "en": "Find the route",
    "cy": "Dewch o hyd i’r llwybr ar ein gwefan",
    "pl": "Znajdź trasę na naszej stronie",
    "ro": "Găsiți traseul pe pagina noastră",
    "ar": "اعثر على المسار في موقعنا",
    "ur": "ہماری ویب سائٹ پر راستہ تلاش کریں",
    "gu": "અમારી વેબસાઇટ પર માર્ગ શોધો",
    "hi": "हमारी वेबसाइट पर रास्ता खोजें",
    "ta": "எங்கள் இணையதளத்தில் பாதையைக் கண்டறியுங்கள்",
}
LEFTWARDS = ("ar", "ur")
OTHERS = tuple(lang for lang in TITLES if lang != "en")
