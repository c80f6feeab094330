"""DKIM: canonical forms and header lists of our own, the signatures themselves by `cryptography`."""
