"""Signing in by OAuth 2: the address that a browser opens, the one answer that comes back, and tokens for it.

    opening ─► browser ─► loopback (or a pasted address) ─► grants: code ─► tokens ─► swapped for longer ones

What goes through here opens accounts. It lies in `Secret`s, in bodies that no repr shows, and in no message.
"""
