"""Preflight: look at a finished e-mail with other eyes than those that made it, before it leaves.

`check.py` is the way in, `rules.py` the table of all rules. `parts.py` takes the message apart, `page.py` reads its
HTML, and one module a family of rules looks at them. Nothing here renders, and nothing that renders looks in here.
"""
