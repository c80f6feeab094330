"""What can go wrong while an edition is sent: killed processes, failing disks, mail servers that misbehave.

All are judged by what the mail server itself has taken, against the ledger's rows as plain `sqlite3` reads them.
"""
