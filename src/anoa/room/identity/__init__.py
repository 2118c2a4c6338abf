"""Signing in by the account that a member has at the own institution (OpenID Connect).

``providers`` says which institutions have one and is read from the environment; ``fetching`` is the
only place of the room that asks another machine something; ``oidc`` is what allauth does, made
stricter; ``ties`` holds which account belongs to which member.
"""
