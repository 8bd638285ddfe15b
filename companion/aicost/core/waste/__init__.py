"""What of a session's work led nowhere, and what led on. Pure: what the ledger knows in, hits out.

A false alarm is worse than a miss: each detector has limits that a healthy turn stays far from.
"""
