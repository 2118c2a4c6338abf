"""Sealed submissions: stored as the sender's browser encrypted them, read by their owner alone.

``days`` puts into the log that something came in, ``taking`` stores envelopes, ``reading`` lists
them to their owner, ``keys`` proves and publishes the keys to which browsers encrypt.
"""
