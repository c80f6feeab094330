"""What people get wrong, and all that they are told. PORT stands for the listener's, HERE for the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.cli.project import ARTICLE, GOOD_FILE

NOW = ("now", "--yes")
IMPORT = ("subscribers", "import", "liste.csv")


@dataclass(frozen=True, slots=True)
class Case:
    """One mistake: changes of the config that is right, files, the command, and what it says on standard error."""

    name: str
    says: str
    words: tuple[str, ...] = NOW
    config: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, str | bytes] = field(default_factory=lambda: {GOOD_FILE: ARTICLE})


# Mistakes in config.toml.
CONFIG_CASES = (
    Case(
        name="quiet hours without minutes, a pace that contradicts itself",
        config=(
            ('articles = "all"\ntimeout_seconds = 0.2', 'articles = "all"\nquiet_hours = "20-7"'),
            ('security = "none"', 'security = "none"\npace = {per_second = 10, per_minute = 60, per_hour = 50}'),
        ),
        says=(
            'error: config.toml:16 [channels.mail.pace]: "pace": per_minute = 60 is more than per_hour = 50 ever lets '
            "through\n"
            "hint: Leave per_minute out.\n"
            'error: config.toml:23 [channels.chat.quiet_hours]: "20-7" does not name two times of day\n'
            'hint: Write for example "20:00-07:00".\n'
        ),
    ),
    Case(
        name="text never closed",
        config=(('title = "Branchendienst"', 'title = "Branchendienst'),),
        says=(
            "error: config.toml:6: not valid TOML: a text is opened and never closed: title = "
            '"Branchendienst\n'
            'hint: Close it: title = "Daily news"\n'
        ),
    ),
    Case(
        name="text without quotation marks",
        config=(('title = "Branchendienst"', "title = Branchendienst"),),
        says=(
            "error: config.toml:6: not valid TOML: this value is no text, number, true or false: title = "
            "Branchendienst\n"
            'hint: Put quotation marks around a text: title = "Daily news"\n'
        ),
    ),
    Case(
        name="blank in a name",
        config=(('title = "Branchendienst"', 'digest title = "Branchendienst"'),),
        says=(
            "error: config.toml:6: not valid TOML: a = is missing, or a blank or an umlaut stands in the "
            'name before it: digest title = "Branchendienst"\n'
            'hint: Write a name, = and a value: title = "Daily news"\n'
        ),
    ),
    Case(
        name="bracket never closed",
        config=(('recipients = ["redaktion@example.org"]', 'recipients = ["redaktion@example.org"'),),
        says=(
            "error: config.toml:9: not valid TOML: a bracket is opened and never closed: recipients = "
            '["redaktion@example.org"\n'
            'hint: Close it: tags = ["water", "heat"]\n'
        ),
    ),
    Case(
        name="backslash",
        config=(('title = "Branchendienst"', 'title = "C:\\Users\\news"'),),
        says=(
            "error: config.toml:6: not valid TOML: a backslash stands in double quotes: title = "
            '"C:\\Users\\news"\n'
            "hint: Use single quotes: logo = 'images\\logo.png'\n"
        ),
    ),
    Case(
        name="key twice",
        config=(('title = "Branchendienst"', ('title = "Branchendienst"\ntitle = "Branchendienst"')),),
        says=(
            'error: config.toml:7: not valid TOML: this key is there twice: title = "Branchendienst"\n'
            "hint: Keep one of the two, for example the second.\n"
        ),
    ),
    Case(
        name="section twice",
        config=(("[channels.x]", "[channels.chat]"),),
        says=(
            "error: config.toml:24: not valid TOML: this section is there twice: [channels.chat]\n"
            "hint: Keep one of the two, or give the second another name.\n"
        ),
    ),
    Case(
        name="secret in a broken line",
        config=(('security = "none"', ('security = "none"\npassword = "sesam')),),
        says=(
            "error: config.toml:16: not valid TOML: a text is opened and never closed: password = ...\n"
            'hint: Close it: title = "Daily news"\n'
        ),
    ),
    Case(
        name="unknown key and so a missing one",
        config=(('channel = "mail"', 'chanel = "mail"'),),
        says=(
            'error: config.toml:5 [digests.daily.channel]: "channel" is missing\n'
            'hint: Add a line below [digests.daily], for example channel = "newsletter".\n'
            'error: config.toml:7 [digests.daily.chanel]: unknown key "chanel"\n'
            'hint: Did you mean "channel"?\n'
        ),
    ),
    Case(
        name="unknown section",
        config=(("[digests.daily]", "[newsletter.daily]"),),
        says=(
            'error: config.toml:5 [newsletter]: unknown key "newsletter"\n'
            "hint: Known here: channels, delivery, digests, log, monitor, notify, organisation, queue, rehearsal, "
            "rehearse, retention, store, templates, web.\n"
        ),
    ),
    Case(
        name="section missing",
        config=(
            (('[organisation]\nname = "Fachverband Wärme"\npostal_address = "Am Ring 12, 00000 Steinhafen"\n'), ""),
        ),
        says=(
            'error: config.toml [organisation]: "organisation" is missing\n'
            "hint: Begin it with a line [organisation], with name and postal_address in the lines below "
            "it.\n"
        ),
    ),
    Case(
        name="required key missing",
        config=(('postal_address = "Am Ring 12, 00000 Steinhafen"\n', ""),),
        says=(
            'error: config.toml:1 [organisation.postal_address]: "postal_address" is missing\n'
            'hint: Add a line below [organisation], for example postal_address = "Musterstraße 1, 44135 '
            'Dortmund".\n'
        ),
    ),
    Case(
        name="word for a number",
        config=(('title = "Branchendienst"', ('title = "Branchendienst"\nmax_articles = "viele"')),),
        says=(
            'error: config.toml:7 [digests.daily.max_articles]: "max_articles" must be a whole number, '
            'not "viele"\n'
            "hint: Write it for example as max_articles = 20.\n"
        ),
    ),
    Case(
        name="number below one",
        config=(('title = "Branchendienst"', ('title = "Branchendienst"\nmax_articles = 0')),),
        says=(
            'error: config.toml:7 [digests.daily.max_articles]: "max_articles" must be at least 1, not 0\n'
            "hint: Write for example max_articles = 20.\n"
        ),
    ),
    Case(
        name="none of the known words",
        config=(('title = "Branchendienst"', ('title = "Branchendienst"\ncontent = "voll"')),),
        says=(
            'error: config.toml:7 [digests.daily.content]: "content" must be "teaser" or "full", not '
            '"voll"\n'
            'hint: Write it for example as content = "teaser".\n'
        ),
    ),
    Case(
        name="word for true or false",
        config=(("[organisation]", ('rehearse = "vielleicht"\n\n[organisation]')),),
        says=(
            'error: config.toml:1 [rehearse]: "rehearse" must be true or false, not "vielleicht"\n'
            "hint: Write it for example as rehearse = false.\n"
        ),
    ),
    Case(
        name="word no",
        config=(("[organisation]", ('rehearse = "no"\n\n[organisation]')),),
        says=(
            'error: config.toml:1 [rehearse]: "rehearse" must be true or false, not "no"\n'
            "hint: Write it for example as rehearse = false.\n"
        ),
    ),
    Case(
        name="empty name",
        config=(('name = "Fachverband Wärme"', 'name = ""'),),
        says=(
            'error: config.toml:2 [organisation.name]: "name" is empty\n'
            'hint: Write for example name = "Fachverband Wärme".\n'
        ),
    ),
    Case(
        name="number for a text",
        config=(('name = "Fachverband Wärme"', "name = 7"),),
        says=(
            'error: config.toml:2 [organisation.name]: "name" must be a text in quotation marks, not 7\n'
            'hint: Write it for example as name = "Fachverband Wärme".\n'
        ),
    ),
    Case(
        name="number for a list",
        config=(('title = "Branchendienst"', ('title = "Branchendienst"\ntags = 5')),),
        says=(
            'error: config.toml:7 [digests.daily.tags]: "tags" must be a list, not 5\n'
            'hint: Write it for example as tags = ["Technik", "Recht"].\n'
        ),
    ),
    Case(
        name="number in a list",
        config=(('recipients = ["redaktion@example.org"]', 'recipients = ["redaktion@example.org", 5]'),),
        says=(
            'error: config.toml:9 [digests.daily.recipients]: "recipients" must be a text in quotation '
            "marks, not 5\n"
            'hint: Write it for example as recipients = ["redaktion@example.org"].\n'
        ),
    ),
    Case(
        name="colour",
        config=(("[digests.daily]", ('[organisation.colours]\naccent = "blau"\n\n[digests.daily]')),),
        says=(
            'error: config.toml:6 [organisation.colours.accent]: "accent" is not a colour: "blau"\n'
            'hint: Use six digits, for example accent = "#0b5cad".\n'
        ),
    ),
    Case(
        name="text for a section",
        config=(("[digests.daily]", ('[organisation.colours.accent]\nlight = "#000000"\n\n[digests.daily]')),),
        says=(
            'error: config.toml:5 [organisation.colours.accent]: "accent" must be a text in quotation '
            "marks\n"
            'hint: Write it for example as accent = "#0b5cad".\n'
        ),
    ),
    Case(
        name="section without a name",
        config=(("[digests.daily]", "[digests]"),),
        says=(
            "error: config.toml:5 [digests]: the keys of [digests] must stand in a section with a name\n"
            "hint: Give it a name: a line such as [digests.daily], and its keys in the lines below it.\n"
        ),
    ),
    Case(
        name="web address",
        config=(("[digests.daily]", ('website = "fachverband.example"\n\n[digests.daily]')),),
        says=(
            'error: config.toml:5 [organisation.website]: "website" is not an https address: '
            '"fachverband.example"\n'
            'hint: Write the whole address, for example website = "https://www.example.org".\n'
        ),
    ),
    Case(
        name="time zone",
        config=(('title = "Branchendienst"', ('title = "Branchendienst"\ntime_zone = "Europe/Berlni"')),),
        says=(
            'error: config.toml:7 [digests.daily.time_zone]: "time_zone" is not known: "Europe/Berlni"\n'
            'hint: Write it for example as time_zone = "Europe/Berlin".\n'
        ),
    ),
    Case(
        name="language",
        config=(('title = "Branchendienst"', ('title = "Branchendienst"\nlanguage = "deutsch"')),),
        says=(
            'error: config.toml:7 [digests.daily.language]: "language" is neither "de" nor "en": '
            '"deutsch"\n'
            'hint: Write language = "de" or language = "en".\n'
        ),
    ),
    Case(
        name="schedule",
        config=(('title = "Branchendienst"', ('title = "Branchendienst"\nschedule = "Mon-Fri 7 Uhr"')),),
        says=(
            'error: config.toml:7 [digests.daily.schedule]: "schedule": no time of day in "Mon-Fri 7 '
            'Uhr"\n'
            'hint: Write for example schedule = ["Mon-Fri 07:00"], or a cron line: schedule = ["0 7 * * 1-5"].\n'
        ),
    ),
    Case(
        name="recipient",
        config=(('recipients = ["redaktion@example.org"]', 'recipients = "redaktion.example.org"'),),
        says=(
            'error: config.toml:9 [digests.daily.recipients]: "recipients" is not an e-mail address: '
            '"redaktion.example.org": there is no @-sign\n'
            "hint: Write the bare address, for example name@example.org.\n"
        ),
    ),
    Case(
        name="digest's channel",
        config=(('channel = "mail"', 'channel = "mial"'),),
        says=('error: config.toml:7 [digests.daily.channel]: there is no channel "mial"\nhint: Did you mean "mail"?\n'),
    ),
    Case(
        name="channel that takes no e-mails",
        config=(('channel = "mail"', 'channel = "chat"'),),
        says=(
            'error: config.toml:7 [digests.daily.channel]: the channel "chat" cannot deliver e-mails: it '
            'is of the kind "webhook"\n'
            'hint: Name a channel with adapter = "smtp", or adapter = "folder" to try things out.\n'
        ),
    ),
    Case(
        name="adapter",
        config=(('adapter = "webhook"', 'adapter = "webhok"'),),
        says=(
            'error: config.toml:19 [channels.chat.adapter]: there is no adapter "webhok"\n'
            'hint: Did you mean "webhook"?\n'
        ),
    ),
    Case(
        name="adapter missing",
        config=(('adapter = "webhook"\n', ""),),
        says=(
            'error: config.toml:18 [channels.chat.adapter]: "adapter" is missing\n'
            'hint: Say which kind of channel it is, for example adapter = "folder".\n'
        ),
    ),
    Case(
        name="user name without password",
        config=(('security = "none"', ('security = "none"\nusername = "news"')),),
        says=(
            'error: config.toml:11 [channels.mail]: "username" and "password" go together\nhint: Set both or none.\n'
        ),
    ),
    Case(
        name="port",
        config=(("port = PORT", "port = 99999"),),
        says=(
            'error: config.toml:14 [channels.mail.port]: "port" must be at most 65535, not 99999\n'
            "hint: Write it for example as port = 587.\n"
        ),
    ),
    Case(
        name="variable not set",
        config=(('host = "127.0.0.1"', 'host = {env = "PUBLISH_TEST_NO_SUCH_VARIABLE"}'),),
        says=(
            "error: config.toml:13 [channels.mail.host]: the environment variable "
            '"PUBLISH_TEST_NO_SUCH_VARIABLE" is not set\n'
            "hint: Set it before you start the program, for example: export "
            "PUBLISH_TEST_NO_SUCH_VARIABLE=...\n"
        ),
    ),
    Case(
        name="file not there",
        config=(('host = "127.0.0.1"', 'host = {file = "host.txt"}'),),
        says=(
            'error: config.toml:13 [channels.mail.host]: cannot read the file "host.txt": it is not '
            "there\n"
            'hint: Make the file, or name another: host = {file = "secrets/host.txt"}\n'
        ),
    ),
    Case(
        name="not encrypted",
        config=(('host = "127.0.0.1"', 'host = "smtp.example.org"'),),
        says=(
            'error: config.toml:11 [channels.mail]: security = "none" is for this machine only\n'
            'hint: Use "starttls", or set allow_plain_text = true.\n'
        ),
    ),
    Case(
        name="network",
        config=(('network = "x"', 'network = "mastodn"'),),
        says=(
            'error: config.toml:26 [channels.x.network]: "network": no network "mastodn" is known\n'
            'hint: Did you mean "mastodon"?\n'
        ),
    ),
    Case(
        name="limits of its own",
        config=(('network = "x"', 'limits = {unit = "letters", max_length = 0}'),),
        says=(
            'error: config.toml:26 [channels.x.limits.unit]: "unit" must be "graphemes", "code points", '
            '"UTF-16 units", "UTF-8 bytes" or "X characters", not "letters"\n'
            'hint: Write it for example as unit = "graphemes".\n'
            'error: config.toml:26 [channels.x.limits.max_length]: "max_length" must be at least 1, not '
            "0\n"
            "hint: Write it for example as max_length = 500.\n"
        ),
    ),
    Case(
        name="webhook's address",
        config=(('url = "http://127.0.0.1:PORT/hook"', 'url = "ftp://example.org/hook"'),),
        says=(
            'error: config.toml:20 [channels.chat.url]: "url": it must be an address such as '
            '"https://example.org/hook"\n'
            'hint: Write it for example as url = "https://www.example.org/hook".\n'
        ),
    ),
    Case(
        name="webhook's address is a number",
        config=(('url = "http://127.0.0.1:PORT/hook"', "url = 5"),),
        says=(
            'error: config.toml:20 [channels.chat.url]: "url" must be a text, {env = "NAME"} or {file = '
            '"PATH"}\n'
            'hint: Write it for example as url = "https://www.example.org/hook".\n'
        ),
    ),
    Case(
        name="placeholder in a webhook's body",
        config=((('articles = "all"\ntimeout'), ('articles = "all"\nbody = {text = "{titel}"}\ntimeout')),),
        says=(
            'error: config.toml:22 [channels.chat.body]: "body": {titel} is not known\nhint: Did you mean {title}?\n'
        ),
    ),
    Case(
        name="number for a secret",
        config=((('articles = "all"\ntimeout'), ('articles = "all"\nsecret = 12345678\ntimeout')),),
        says=(
            'error: config.toml:22 [channels.chat.secret]: "secret" must be {env = "NAME"} or {file = '
            '"PATH"}\n'
            'hint: Write it for example as secret = {env = "SECRET"}.\n'
        ),
    ),
    Case(
        name="name of a digest",
        config=(("[digests.daily]", '[digests."Täglich"]'),),
        says=(
            'error: config.toml:5 [digests.Täglich]: "Täglich" cannot be a name\n'
            'hint: Use small letters a to z, digits, "-" and "_", for example [digests.daily].\n'
        ),
    ),
    Case(
        name="two defaults",
        config=(
            (
                "[channels.mail]",
                (
                    "default = true\n"
                    "\n"
                    "[digests.weekly]\n"
                    'title = "Woche"\n'
                    'channel = "mail"\n'
                    'from_address = "news@example.org"\n'
                    "default = true\n"
                    "\n"
                    "[channels.mail]"
                ),
            ),
        ),
        says=(
            'error: config.toml:17 [digests.weekly.default]: the digest "daily" is the default already\n'
            "hint: Leave default = true on one digest only.\n"
        ),
    ),
    Case(
        name="five at once",
        config=(
            ('name = "Fachverband Wärme"', ('name = "Fachverband Wärme"\nsprache = "de"')),
            ('title = "Branchendienst"', "title = 5"),
            ('from_address = "news@example.org"', ('from_address = "news@example.org"\nmax_articles = 2.5')),
            ("port = PORT", 'port = "smtp"'),
            (('articles = "all"\ntimeout_seconds = 0.2'), ('articles = "some"\ntimeout_seconds = -1')),
        ),
        says=(
            'error: config.toml:3 [organisation.sprache]: unknown key "sprache"\n'
            "hint: Known here: colours, contact, imprint_url, language, logo, name, postal_address, "
            "time_zone, website.\n"
            'error: config.toml:7 [digests.daily.title]: "title" must be a text in quotation marks, not '
            "5\n"
            'hint: Write it for example as title = "Branchendienst am Morgen".\n'
            'error: config.toml:10 [digests.daily.max_articles]: "max_articles" must be a whole number, '
            "not 2.5\n"
            "hint: Write it for example as max_articles = 20.\n"
            'error: config.toml:16 [channels.mail.port]: "port" must be a whole number, not "smtp"\n'
            "hint: Write it for example as port = 587.\n"
            'error: config.toml:23 [channels.chat.articles]: "articles" must be "named" or "all", not '
            '"some"\n'
            'hint: Write it for example as articles = "named".\n'
            'error: config.toml:24 [channels.chat.timeout_seconds]: "timeout_seconds" must be greater '
            "than 0, not -1\n"
            "hint: Write it for example as timeout_seconds = 30.0.\n"
        ),
    ),
    Case(
        name="mistakes of every kind at once",
        config=(
            ('postal_address = "Am Ring 12, 00000 Steinhafen"\n', 'website = "fachverband.example"\n'),
            ('title = "Branchendienst"', 'title = "Branchendienst"\ntemplate = "letterr"\ndefault = "yes"'),
            ('channel = "mail"', 'channel = "mial"'),
            ('from_address = "news@example.org"', 'from_address = "news"\nschedule = "Mon-Fri 7 Uhr"'),
            ('recipients = ["redaktion@example.org"]', 'required_clients = ["telnet"]'),
        ),
        says=(
            'error: config.toml:1 [organisation.postal_address]: "postal_address" is missing\n'
            'hint: Add a line below [organisation], for example postal_address = "Musterstraße 1, 44135 '
            'Dortmund".\n'
            'error: config.toml:3 [organisation.website]: "website" is not an https address: '
            '"fachverband.example"\n'
            'hint: Write the whole address, for example website = "https://www.example.org".\n'
            'error: config.toml:7 [digests.daily.template]: there is no e-mail template "letterr"\n'
            "hint: Use one of: digest, letter; or put your own into templates/email/letterr/.\n"
            'error: config.toml:8 [digests.daily.default]: "default" must be true or false, not "yes"\n'
            "hint: Write it for example as default = false.\n"
            'error: config.toml:9 [digests.daily.channel]: there is no channel "mial"\n'
            'hint: Did you mean "mail"?\n'
            'error: config.toml:10 [digests.daily.from_address]: "from_address" is not an e-mail address: '
            '"news": there is no @-sign\n'
            "hint: Write the bare address, for example name@example.org.\n"
            'error: config.toml:11 [digests.daily.schedule]: "schedule": no time of day in "Mon-Fri 7 Uhr"\n'
            'hint: Write for example schedule = ["Mon-Fri 07:00"], or a cron line: schedule = ["0 7 * * 1-5"].\n'
            'error: config.toml:12 [digests.daily.required_clients]: "telnet" names no mail program\n'
            'hint: Write for example "gmail.*". Known: aol, apple-mail, fastmail, free-fr, gmail, gmx, hey, '
            "ionos-1and1, laposte, mail-ru, orange, outlook, protonmail, rainloop, samsung-email, sfr, "
            "t-online-de, thunderbird, web-de, wp-pl, yahoo.\n"
        ),
    ),
    Case(
        name="logo not there",
        config=(('name = "Fachverband Wärme"', 'name = "Fachverband Wärme"\nlogo = "bilder/logo.png"'),),
        says=(
            'error: config.toml [organisation.logo]: the logo "bilder/logo.png" cannot be used: the picture '
            "does not exist\n"
            "hint: Name a PNG, JPEG or GIF file in the project folder.\n"
        ),
    ),
    Case(
        name="not UTF-8",
        files={GOOD_FILE: ARTICLE, "config.toml": b'[organisation]\nname = "Fachverband W\xe4rme"\n'},
        says=("error: config.toml:2: the config is not UTF-8 text\nhint: Save the file as UTF-8 in your editor.\n"),
    ),
    Case(
        name="not there",
        words=("now", "--yes", "--config", "konfig.toml"),
        says=(
            "error: konfig.toml: there is no such config\n"
            'hint: Go to your project folder, or make a new one with "publish init FOLDER".\n'
        ),
    ),
    Case(
        name="queue folder not there",
        config=(("[digests.daily]", ('[queue]\nfolder = "artikel"\n\n[digests.daily]')),),
        says=(
            "error: HERE/artikel: the queue folder cannot be read: No such file or directory\n"
            "hint: Make it with `publish init`, or name another.\n"
        ),
    ),
)
# Mistakes in queue files; the last two are named beside a good one.
QUEUE_CASES = (
    Case(
        name="no front matter",
        files={"queue/pumpe.md": ("# Neue Pumpe\n\nText.\n")},
        says=(
            "error: queue/pumpe.md:1: the front matter is missing\n"
            "hint: Begin the file with\n"
            "---\n"
            'title: "New pump saves energy"\n'
            "---\n"
        ),
    ),
    Case(
        name="front matter without end",
        files={"queue/pumpe.md": ("---\ntitle: Neue Pumpe\n\nText.\n")},
        says=(
            "error: queue/pumpe.md:1: the front matter has no end\n"
            "hint: Add a line with only --- below the last field.\n"
        ),
    ),
    Case(
        name="TOML front matter",
        files={"queue/pumpe.md": ('+++\ntitle = "Neue Pumpe"\n+++\nText.\n')},
        says=(
            "error: queue/pumpe.md:1: the front matter is TOML (+++), which is not read\n"
            'hint: Write it as YAML between ---: title: "A text"\n'
        ),
    ),
    Case(
        name="title missing",
        files={"queue/pumpe.md": ("---\nteaser: Nur ein Satz.\n---\n\nText.\n")},
        says=(
            'error: queue/pumpe.md:1: "title" is missing\nhint: Add a line such as title: "New pump saves energy".\n'
        ),
    ),
    Case(
        name="German field names",
        files={"queue/pumpe.md": ("---\ntitel: Neue Pumpe\ndatum: 23.11.2026\n---\n\nText.\n")},
        says=(
            'error: queue/pumpe.md:2: there is no field "titel"\n'
            'hint: Did you mean "title"?\n'
            'error: queue/pumpe.md:3: there is no field "datum"\n'
            'hint: Did you mean "date"?\n'
            'error: queue/pumpe.md:1: "title" is missing\n'
            'hint: Add a line such as title: "New pump saves energy".\n'
        ),
    ),
    Case(
        name="German date",
        files={"queue/pumpe.md": ("---\ntitle: Neue Pumpe\ndate: 23.11.2026\n---\n\nText.\n")},
        says=(
            'error: queue/pumpe.md:3: "date" is not a date: "23.11.2026"\n'
            "hint: Write year, month and day, for example 2026-11-23.\n"
        ),
    ),
    Case(
        name="no such day",
        files={"queue/pumpe.md": ("---\ntitle: Neue Pumpe\ndate: 2026-02-30\n---\n\nText.\n")},
        says=(
            'error: queue/pumpe.md:3: "date" is not a date: "2026-02-30"\n'
            "hint: Write year, month and day, for example 2026-11-23.\n"
        ),
    ),
    Case(
        name="no time zone",
        files={"queue/pumpe.md": ('---\ntitle: Neue Pumpe\npublish_after: "2026-11-23 09:00"\n---\n\nText.\n')},
        says=(
            'error: queue/pumpe.md:3: "publish_after" has no time zone: "2026-11-23 09:00"\n'
            'hint: Add the offset, for example "2026-11-23T09:00+01:00".\n'
        ),
    ),
    Case(
        name="expires before it begins",
        files={
            "queue/pumpe.md": (
                "---\n"
                "title: Neue Pumpe\n"
                'publish_after: "2026-11-23T09:00+01:00"\n'
                'expires_at: "2026-11-22T09:00+01:00"\n'
                "---\n"
                "\n"
                "Text.\n"
            )
        },
        says=(
            'error: queue/pumpe.md:4: "expires_at" is not after "publish_after"\n'
            "hint: Give a later moment, or remove one of the two.\n"
        ),
    ),
    Case(
        name="status",
        files={"queue/pumpe.md": ("---\ntitle: Neue Pumpe\nstatus: fertig\n---\n\nText.\n")},
        says=(
            'error: queue/pumpe.md:3: "status" is none of draft, ready, hold: "fertig"\n'
            "hint: Write it as status: ready\n"
        ),
    ),
    Case(
        name="text for a list",
        files={"queue/pumpe.md": ("---\ntitle: Neue Pumpe\ntags: Technik\n---\n\nText.\n")},
        says=('error: queue/pumpe.md:3: "tags" is not a list\nhint: Put brackets around it: tags: [Technik]\n'),
    ),
    Case(
        name="unknown channel and digest",
        files={"queue/pumpe.md": ("---\ntitle: Neue Pumpe\nchannels: [chatt]\ndigests: [weekly]\n---\n\nText.\n")},
        says=(
            'error: queue/pumpe.md:3: there is no channel "chatt"\n'
            'hint: Did you mean "chat"?\n'
            'error: queue/pumpe.md:4: there is no digest "weekly"\n'
            "hint: The config has: daily.\n"
        ),
    ),
    Case(
        name="address without scheme",
        files={"queue/pumpe.md": ("---\ntitle: Neue Pumpe\nurl: www.example.org/pumpe\n---\n\nText.\n")},
        says=(
            'error: queue/pumpe.md:3: "url" is not a web address: "www.example.org/pumpe"\n'
            'hint: Write it whole: "https://www.example.org/pumpe".\n'
        ),
    ),
    Case(
        name="colon in a text",
        files={"queue/pumpe.md": ("---\ntitle: Neue Pumpe: spart Strom\n---\n\nText.\n")},
        says=(
            "error: queue/pumpe.md:2: the front matter is not valid YAML: a second colon in one line\n"
            'hint: Put quotes around a text with a colon in it, for example title: "Pumps: what is new".\n'
        ),
    ),
    Case(
        name="alias",
        files={"queue/pumpe.md": ("---\ntitle: *pumpe\n---\n\nText.\n")},
        says=(
            'error: queue/pumpe.md:2: "*pumpe" is a YAML anchor or alias; they are not allowed\n'
            'hint: Put quotes around the value if it is a text: "*pumpe".\n'
        ),
    ),
    Case(
        name="quotation mark never closed",
        files={"queue/pumpe.md": ('---\ntitle: "Neue Pumpe\n---\n\nText.\n')},
        says=(
            "error: queue/pumpe.md:2: the front matter is not valid YAML: a quotation mark is opened and "
            "never closed\n"
            'hint: Close it: title: "A text"\n'
        ),
    ),
    Case(
        name="field twice",
        files={"queue/pumpe.md": ("---\ntitle: Neue Pumpe\ntitle: Alte Pumpe\n---\n\nText.\n")},
        says=('error: queue/pumpe.md:3: "title" is given twice, first in line 2\nhint: Keep one of the two.\n'),
    ),
    Case(
        name="priority",
        files={"queue/pumpe.md": ("---\ntitle: Neue Pumpe\npriority: hoch\n---\n\nText.\n")},
        says=(
            'error: queue/pumpe.md:3: "priority" is not a whole number from -100 to 100: "hoch"\n'
            "hint: Write it as priority: 10\n"
        ),
    ),
    Case(
        name="group for a text",
        files={"queue/pumpe.md": ("---\ntitle:\n  de: Neue Pumpe\n---\n\nText.\n")},
        says=(
            'error: queue/pumpe.md:3: "title" is a group of fields, not a text\n'
            'hint: Write one text: title: "A text".\n'
        ),
    ),
    Case(
        name="not UTF-8",
        files={"queue/pumpe.md": b"---\ntitle: W\xe4rmepumpe\n---\n\nText.\n"},
        says=("error: queue/pumpe.md: skipped: this file is not UTF-8 (line 2)\nhint: Save it as UTF-8.\n"),
    ),
    Case(
        name="empty",
        files={"queue/pumpe.md": ""},
        says=(
            "error: queue/pumpe.md: skipped: this file is empty\n"
            "hint: Put a finished, plain text file there, or move it out of the queue folder.\n"
        ),
    ),
    Case(
        name="too large",
        files={"queue/pumpe.md": "---\ntitle: Neue Pumpe\n---\n\n" + "x" * 1100000},
        says=(
            "error: queue/pumpe.md: skipped: this file is too large: 1,100,027 bytes, at most 1,048,576 "
            "are read\n"
            "hint: Put a finished, plain text file there, or move it out of the queue folder.\n"
        ),
    ),
    Case(
        name="same slug twice",
        files={"queue/2026-11-22-pumpe.md": ARTICLE, "queue/2026-11-23-pumpe.md": ARTICLE},
        says=(
            'error: queue/2026-11-22-pumpe.md: skipped: this file has the same slug "pumpe" as '
            "queue/2026-11-23-pumpe.md\n"
            "hint: Rename one, or give it a slug of its own.\n"
            'error: queue/2026-11-23-pumpe.md: skipped: this file has the same slug "pumpe" as '
            "queue/2026-11-22-pumpe.md\n"
            "hint: Rename one, or give it a slug of its own.\n"
        ),
    ),
    Case(
        name="picture not there",
        words=("now", "--yes", "daily"),
        files={
            "queue/pumpe.md": (
                "---\ntitle: Neue Pumpe\nimage:\n  src: images/pumpe.jpg\n  alt: Eine Pumpe.\n---\n\nText.\n"
            )
        },
        says=(
            'error: queue/pumpe.md:4: image "images/pumpe.jpg": the picture does not exist\n'
            "hint: Put a plain picture file there, or change image.src; upper and lower case count.\n"
        ),
    ),
    Case(
        name="own post too long",
        words=("now", "--yes", "pumpe"),
        files={"queue/pumpe.md": "---\ntitle: Neue Pumpe\nposts:\n  x: >-\n    " + "Pumpe " * 60 + "\n---\n\nText.\n"},
        says=(
            "error: queue/pumpe.md [posts.x]: the author's own text is too long for this post: 359 of at "
            "most 280 X characters\n"
            "hint: Shorten it by 79, or leave posts.x out: the post is then made of title and teaser.\n"
        ),
    ),
    Case(
        name="several files at once",
        files={
            "queue/a.md": ("---\ntitel: Neue Pumpe\ntags: Technik\n---\n\nText.\n"),
            "queue/b.md": ("---\ntitle: Neue Pumpe\nlang: deutsch\nprioritaet: 3\n---\n\nText.\n"),
            "queue/c.md": "",
            "queue/d.md": ("---\ntitle: Neue Pumpe\nauthor: [A, B]\n---\n\nText.\n"),
        },
        says=(
            'error: queue/a.md:2: there is no field "titel"\n'
            'hint: Did you mean "title"?\n'
            'error: queue/a.md:3: "tags" is not a list\n'
            "hint: Put brackets around it: tags: [Technik]\n"
            'error: queue/a.md:1: "title" is missing\n'
            'hint: Add a line such as title: "New pump saves energy".\n'
            'error: queue/b.md:3: "lang" is not a language code: "deutsch"\n'
            "hint: Write it as de.\n"
            'error: queue/b.md:4: there is no field "prioritaet"\n'
            'hint: Did you mean "priority"?\n'
            'error: queue/d.md:3: "author" is a list, not a text\n'
            'hint: Write one text: author: "A text".\n'
            "error: queue/c.md: skipped: this file is empty\n"
            "hint: Put a finished, plain text file there, or move it out of the queue folder.\n"
        ),
    ),
    Case(
        name="the file that was named",
        words=("now", "--yes", "queue/wartung.md"),
        files={GOOD_FILE: ARTICLE, "queue/wartung.md": ("---\ntitel: Wartung\n---\n\nText.\n")},
        says=(
            'error: queue/wartung.md:2: there is no field "titel"\n'
            'hint: Did you mean "title"?\n'
            'error: queue/wartung.md:1: "title" is missing\n'
            'hint: Add a line such as title: "New pump saves energy".\n'
        ),
    ),
    Case(
        name="the skipped file that was named",
        words=("now", "--yes", "wartung"),
        files={GOOD_FILE: ARTICLE, "queue/wartung.md": "\n"},
        says=(
            "error: queue/wartung.md: skipped: this file is empty\n"
            "hint: Put a finished, plain text file there, or move it out of the queue folder.\n"
        ),
    ),
)
# Mistakes in templates, beside a good article.
TEMPLATE_CASES = (
    Case(
        name="wrong syntax",
        files={GOOD_FILE: ARTICLE, "templates/email/digest/subject.j2": "{{ edition.title }\n"},
        says=(
            "error: templates/email/digest/subject.j2:1: unexpected '}'\n"
            "hint: Correct the template at this line, for example {{ edition.title }}.\n"
        ),
    ),
    Case(
        name="unknown name",
        files={GOOD_FILE: ARTICLE, "templates/email/digest/subject.j2": "{{ edition.titel }}\n"},
        says=('error: templates/email/digest/subject.j2:1: "titel" is not known here\nhint: Did you mean "title"?\n'),
    ),
    Case(
        name="unknown filter",
        files={GOOD_FILE: ARTICLE, "templates/email/digest/subject.j2": "{{ edition.title | gross }}\n"},
        says=(
            "error: templates/email/digest/subject.j2:1: No filter named 'gross'.\n"
            "hint: Correct the template at this line, for example {{ edition.title }}.\n"
        ),
    ),
    Case(
        name="block never closed",
        files={GOOD_FILE: ARTICLE, "templates/post/x.txt.j2": ("{% block lead %}\n{{ article.title }}\n")},
        says=(
            "error: templates/post/x.txt.j2:2: Unexpected end of template. Jinja was looking for the "
            "following tags: 'endblock'. The innermost block that needs to be closed is 'block'.\n"
            "hint: Correct the template at this line, for example {{ edition.title }}.\n"
        ),
    ),
    Case(
        name="unknown block",
        files={GOOD_FILE: ARTICLE, "templates/post/x.txt.j2": "{% block text %}{{ article.title }}{% endblock %}\n"},
        says=(
            'error: templates/post/x.txt.j2: a post has no block "text"\n'
            "hint: Use lead, link, hashtags, credit, for example {% block lead %}{{ article.title }}{% "
            "endblock %}.\n"
        ),
    ),
    Case(
        name="folder not there",
        config=(('title = "Branchendienst"', ('title = "Branchendienst"\ntemplate = "letterr"')),),
        says=(
            'error: config.toml:7 [digests.daily.template]: there is no e-mail template "letterr"\n'
            "hint: Use one of: digest, letter; or put your own into templates/email/letterr/.\n"
        ),
    ),
    Case(
        name="post template not there",
        config=(('network = "x"', ('network = "x"\ntemplate = "kurz"')),),
        says=(
            'error: post/kurz.txt.j2: there is no template "post/kurz.txt.j2"\n'
            "hint: Check the name; `publish init --templates` copies all.\n"
        ),
    ),
    Case(
        name="include not there",
        files={GOOD_FILE: ARTICLE, "templates/email/digest/preheader.j2": '{% include "./vorspann.j2" %}\n'},
        says=(
            "error: templates/email/digest/preheader.j2:1: there is no template "
            '"email/digest/vorspann.j2"\n'
            "hint: Check the name; `publish init --templates` copies all.\n"
        ),
    ),
    Case(
        name="not UTF-8",
        files={GOOD_FILE: ARTICLE, "templates/email/digest/subject.j2": b"{{ edition.title }} f\xfcr Sie\n"},
        says=("error: templates/email/digest/subject.j2: the template is not UTF-8\nhint: Save the file as UTF-8.\n"),
    ),
    Case(
        name="loop without end",
        files={
            GOOD_FILE: ARTICLE,
            "templates/post/x.txt.j2": "{% block lead %}{% for i in range(100000) %}x{% endfor %}{% endblock %}\n",
        },
        says=(
            "error: templates/post/x.txt.j2:1: range() gave more than 10,000 numbers\n"
            "hint: Make the loop or the text shorter.\n"
        ),
    ),
)
# Mistakes in lines of subscribers.
SUBSCRIBER_CASES = (
    Case(
        name="address",
        words=IMPORT,
        files={"liste.csv": ("address,name\nerika.example.org,Erika\n")},
        says=(
            'error: liste.csv:2: "erika.example.org" is not an address: there is no @-sign\n'
            'hint: Write it like "erika@example.org".\n'
        ),
    ),
    Case(
        name="no header",
        words=IMPORT,
        files={"liste.csv": "erika@example.org,Erika\n"},
        says=(
            "error: liste.csv:1: the first line does not name the columns\n"
            "hint: Begin the list so:\n"
            "address,name,language,tags,digests\n"
            "erika@example.org,Erika Muster,de,member,daily\n"
        ),
    ),
    Case(
        name="unknown column",
        words=IMPORT,
        files={"liste.csv": ("adresse,name\nerika@example.org,Erika\n")},
        says=(
            'error: liste.csv:1: unknown column "adresse", did you mean "address"?\n'
            "hint: Columns are address, name, language, tags, digests, consent_source, consent_at; for "
            "example:\n"
            "address,name,language,tags,digests\n"
            "erika@example.org,Erika Muster,de,member,daily\n"
        ),
    ),
    Case(
        name="digest",
        words=IMPORT,
        files={"liste.csv": ("address,digests\nerika@example.org,dayly\n")},
        says=(
            'error: liste.csv:2: there is no digest "dayly", did you mean "daily"?\n'
            "hint: Name one of [digests.NAME] in config.toml: daily.\n"
        ),
    ),
    Case(
        name="language and time",
        words=IMPORT,
        files={"liste.csv": ("address,language,consent_at\nerika@example.org,Deutsch (DE),gestern\n")},
        says=(
            'error: liste.csv:2: "Deutsch (DE)" is not a language; "consent_at" is not a time: "gestern"\n'
            'hint: Write its code, for example "de" or "en". Write it like "2026-11-23T09:00+01:00" or '
            '"2026-11-23".\n'
        ),
    ),
    Case(
        name="no time zone",
        words=IMPORT,
        files={"liste.csv": ("address,consent_at\nerika@example.org,2026-11-23 09:00\n")},
        says=(
            'error: liste.csv:2: "consent_at" has no time zone: "2026-11-23 09:00"\n'
            'hint: Add the offset, for example "2026-11-23T09:00+01:00".\n'
        ),
    ),
    Case(
        name="too many cells",
        words=IMPORT,
        files={"liste.csv": ("address,name\nerika@example.org,Muster, Erika\n")},
        says=(
            'error: liste.csv:2: 3 cells where the header has 2: " Erika" is one too many\n'
            'hint: Put a cell with a comma in it between quotes: "Muster, Erika".\n'
        ),
    ),
    Case(
        name="not UTF-8",
        words=IMPORT,
        files={"liste.csv": b"address,name\nerika@example.org,J\xfcrgen\n"},
        says=(
            "error: liste.csv:1: the list is not UTF-8 from here on: invalid start byte\n"
            "hint: Save the list as CSV UTF-8.\n"
        ),
    ),
    Case(
        name="several lines",
        words=IMPORT,
        files={"liste.csv": ("address;name\nerika@;Erika\n@example.org;Max\nhans@firma.local;Hans\n")},
        says=(
            'error: liste.csv:2: "erika@" is not an address: there must be something after the @-sign\n'
            'hint: Write it like "erika@example.org".\n'
            'error: liste.csv:3: "@example.org" is not an address: there must be something before the '
            "@-sign\n"
            'hint: Write it like "erika@example.org".\n'
            'error: liste.csv:4: "hans@firma.local" is not an address: addresses in .local cannot be '
            "reached from outside\n"
            'hint: Write it like "erika@example.org".\n'
        ),
    ),
    Case(
        name="empty",
        words=IMPORT,
        files={"liste.csv": ""},
        says=(
            "error: liste.csv:1: the first line does not name the columns\n"
            "hint: Begin the list so:\n"
            "address,name,language,tags,digests\n"
            "erika@example.org,Erika Muster,de,member,daily\n"
        ),
    ),
    Case(
        name="no such file",
        words=IMPORT,
        files={},
        says=("error: liste.csv: there is no such file\nhint: Check the path, or use - for a pipe.\n"),
    ),
    Case(
        name="one address by hand",
        words=("subscribers", "add", "erika@example", "--consent-source", "Messe"),
        files={},
        says=(
            'error: not an e-mail address: "erika@example": the part after the @-sign is not valid. It '
            "should have a period\n"
            "hint: Write the bare address, for example name@example.org.\n"
        ),
    ),
    Case(
        name="not subscribed",
        words=("subscribers", "remove", "erika@example.org"),
        files={},
        says=('error: "erika@example.org" is not subscribed\nhint: Look with "publish subscribers list".\n'),
    ),
)
# Mistakes in what commands are called with.
OTHER_CASES = (
    Case(
        name="unknown command",
        words=("hitsory",),
        says=('error: there is no command "hitsory"\nhint: Did you mean "history"?\n'),
    ),
    Case(
        name="unknown option",
        words=("now", "--chanel", "x"),
        says=('error: publish now: there is no option "--chanel"\nhint: Did you mean "--channel"?\n'),
    ),
    Case(
        name="unknown digest",
        words=("preview", "dayly"),
        says=('error: there is no digest "dayly"\nhint: Did you mean "daily"?\n'),
    ),
    Case(
        name="unknown article",
        words=("now", "--yes", "neue-pumpen"),
        says=('error: "neue-pumpen" is neither a digest nor an article\nhint: Did you mean "neue-pumpe"?\n'),
    ),
    Case(
        name="unknown channel",
        words=("now", "--yes", "--channel", "twitter"),
        says=('error: there is no channel "twitter"\nhint: Known channels: chat, mail, x.\n'),
    ),
    Case(
        name="nobody to ask",
        words=("now",),
        says=(
            "error: there is no terminal to ask on\n"
            'hint: Add --yes if you mean it, or look first with "publish now --dry-run".\n'
        ),
    ),
    Case(
        name="article to release",
        words=("ready", "neue-pumpen"),
        says=('error: there is no article "neue-pumpen" in the queue\nhint: Did you mean "neue-pumpe"?\n'),
    ),
    Case(
        name="source",
        words=("add", "pumpe.txt"),
        says=(
            "error: pumpe.txt: there is no such file\n"
            "hint: Check the spelling, and where you are: `publish add news.txt`.\n"
        ),
    ),
    Case(
        name="edition",
        words=("deliveries", "--edition", "daily/7"),
        says=('error: there is no edition "daily/7"\nhint: Look with "publish history"; write it as daily/7.\n'),
    ),
    Case(
        name="schedule",
        words=("run", "--once"),
        says=(
            "error: config.toml: no digest has a schedule\n"
            'hint: Add a time to a digest, for example schedule = ["Mon-Fri 07:00"].\n'
        ),
    ),
    Case(
        name="number",
        words=("history", "--limit", "viele"),
        says=(
            "error: publish history: \"--limit\": 'viele' is not a valid integer range\n"
            'hint: Write it as: publish history [OPTIONS]. All options: "publish history --help".\n'
        ),
    ),
    Case(
        name="folder",
        words=("init", "."),
        says=(
            "error: these are there already: config.toml, queue\nhint: Name another folder, or move them away first.\n"
        ),
    ),
)
