"""The verb that signs in."""

from __future__ import annotations

from collections.abc import Sequence

import click

from pipeline.cli_guard import guarded


@click.command()
@click.argument("network", required=False, metavar="[NETWORK]")
@click.option("--as", "which", default="", metavar="NAME", help="A further account of the network, such as parks.")
@click.option("--server", default="", metavar="HOST", help="The account's server, such as example.social.")
@click.option("--name", default="", metavar="HANDLE", help="Bluesky: the account's handle.")
@click.option("--video", default="", metavar="URL", help="Bluesky: another video service, or `none`.")
@click.option("--token", is_flag=True, help="Mastodon: give a token made by hand, without a browser.")
@click.option("--client-id", default="", metavar="ID", help="The id of your app at the network.")
@click.option("--redirect", default="", metavar="URL", help="Where the browser comes back to, as your app has it.")
@click.option("--paste", is_flag=True, help="The browser runs on another computer: paste the address it was sent to.")
@click.option("--no-browser", is_flag=True, help="Only print the address to open.")
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE", help="A setting, such as page=123456.")
@click.option("--list", "as_list", is_flag=True, help="Show what is signed in.")
@click.option("--forget", default="", metavar="NETWORK", help="Take an account out of the keyring and the list.")
@guarded
def login(
    network: str | None, which: str, server: str, name: str, video: str, token: bool, client_id: str, redirect: str,
    paste: bool, no_browser: bool, given: Sequence[str], as_list: bool, forget: str,
) -> int:  # fmt: skip
    """Sign in to a network once; what opens the account is kept in this computer's keyring.

    NETWORK is bluesky, facebook, instagram, linkedin, mastodon, pinterest, threads, x or youtube. Most want an app of
    your own; login says where it is made.

    Servers without a keyring set environment variables instead, with the network's name in them:
    MAKE_PROMO_MASTODON_SERVER and MAKE_PROMO_MASTODON_TOKEN; MAKE_PROMO_BLUESKY_HANDLE and
    MAKE_PROMO_BLUESKY_APP_PASSWORD; for the others _TOKEN, or _REFRESH with _CLIENT_ID and _CLIENT_SECRET, and settings
    such as MAKE_PROMO_FACEBOOK_PAGE. A further account: MAKE_PROMO_BLUESKY__PARKS_HANDLE. MAKE_PROMO_VAULT names a
    file, for this user alone, that takes the place of the keyring.
    """
    from pipeline import talk_login

    if as_list:
        return talk_login.list_accounts()
    if forget:
        return talk_login.forget(forget, which)
    asked = talk_login.Asked(
        network=network or "", which=which, server=server, name=name, video=video, token=token, client_id=client_id,
        redirect=redirect, paste=paste, browse=not no_browser, given=given,
    )  # fmt: skip
    return talk_login.log_in(asked)
