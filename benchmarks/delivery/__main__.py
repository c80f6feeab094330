"""Delivery over SMTP beside its peers, in one run: speed, growth with the number of recipients, planning.

    (cd benchmarks/delivery && npm ci)
    python -m benchmarks.delivery speed      # some 5 minutes
    python -m benchmarks.delivery growth     # some 8 minutes: a million messages
    python -m benchmarks.delivery planning   # some 2 minutes

*speed*: 20,000 recipients, 50 KB personalised messages, 8 connections to Postfix's smtp-sink on loopback. In turns:
ours, ours with a ledger that keeps nothing, `smtp-source -d -s 8`, nodemailer's pool, plain `smtplib.sendmail` in 8
threads; the last two get fewer messages, since they take so long. The time of an fdatasync is measured before each
round.

*growth*: `publish now` as a process of its own, with small messages to 1,000, 10,000 and 1,000,000 recipients: time per
recipient from the first attempt to the last record, and the peak memory of the whole process.

*planning*: 1,000,000 deliveries beside a plain INSERT ... SELECT of the same rows, into the same table without its
indexes and with its unique key.

`--help` names the sizes that can be changed. smtp-sink and smtp-source are looked for in POSTFIX_FOLDER (a folder
with Debian's package unpacked), on the PATH, and else downloaded with apt-get and unpacked into the user's cache
folder. Each measurement is a process of its own. The exit code is 1 where a goal is missed.
"""

from __future__ import annotations

import argparse

from benchmarks.delivery import growth, planning, speed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delivery")
    what = parser.add_subparsers(dest="what", required=True)
    for one in (speed, growth, planning):
        one.add_options(what.add_parser(one.__name__.rpartition(".")[2]))
    options = parser.parse_args()
    return int({"speed": speed, "growth": growth, "planning": planning}[options.what].run(options))


if __name__ == "__main__":
    raise SystemExit(main())
