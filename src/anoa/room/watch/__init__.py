"""How the room fares: lines of its log, counts of its answers, and whether it is sound.

Nothing here holds or writes an address, a name, a word that was sent, or a count by person.
"""
