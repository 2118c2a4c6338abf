"""The form for phones: pages that work for days without a network, and what they ask the room.

``pages`` is what everybody may load (a shell without content), ``content`` what a token may take
along, ``front`` the addresses before Django, ``words`` what the pages say.
"""
