"""Retention: what is due (``stores``, ``due``), its deletion (``purging``), and its certificates.

Nothing is deleted unasked. A duty officer deletes the own institution's material on the page of
retention, and the administrator of the machine by ``anoa retention purge``, which may stand in the
machine's timetable. Each step writes one certificate into the log, in the same transaction.
"""
