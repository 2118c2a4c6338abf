"""Intake: how reports reach the room, over every channel, once each.

``values`` says what arrives and what is answered, ``desk`` is the one way in, ``storing`` the
rows, ``vault`` the ciphers, ``tokens`` who may send, ``front`` the addresses before Django, and
``filing`` follows the submissions and makes reports of them.
"""
