"""The networks that make-promo can post to, and the file of `publishers/` and the class that does it."""

from __future__ import annotations

NETWORKS = {
    "bluesky": ("bluesky", "Bluesky"),
    "mastodon": ("mastodon", "Mastodon"),
    "youtube": ("youtube", "YouTube"),
    "facebook": ("facebook", "Facebook"),
    "instagram": ("instagram", "Instagram"),
    "threads": ("threads", "Threads"),
    "x": ("x", "X"),
    "linkedin": ("linkedin", "LinkedIn"),
    "pinterest": ("pinterest", "Pinterest"),
}
