"""All commands with one line each: the text of `publish --help`, and where each command is found.

Kept free of imports: this is what a person waits for first, and what the shell's completion starts with.
"""

from __future__ import annotations

# section -> command -> (module in publisher.cli, summary)
COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "Begin": {
        "init": ("init", "Make a new folder to work in, with config and samples."),
        "config": ("config", "Show what is in force, secrets hidden."),
        "check": ("check", "Look for mistakes in config, queue, templates, channels."),
    },
    "Articles": {
        "add": ("add", "Bring articles in: press text, page, feed, Word, Markdown."),
        "queue": ("queue", "List the queued articles and what happens to each."),
        "why": ("why", "Show where an article is, where it was left out, and why."),
        "ready": ("mark", "Release articles."),
        "hold": ("mark", "Keep articles back."),
        "draft": ("mark", "Turn articles back into drafts."),
        "archive": ("archive", "Move articles that every outlet has had to queue/archive/."),
    },
    "Publish": {
        "fit": ("fit", "Show a text as each channel would post it."),
        "preview": ("preview", "Write the next edition and its posts as files to look at."),
        "test": ("test", "Send the next edition to yourself, marked as a test."),
        "approve": ("approve", "Approve an edition or an article, exactly as it is."),
        "reject": ("approve", "Reject an edition or an article, with a reason."),
        "now": ("now", "Publish at once, after showing what goes where."),
        "schedule": ("schedule", "List the next runs with what would go out, or explain a day."),
        "run": ("run", "Publish at the set times, until stopped."),
        "reload": ("reload", "Let a running `publish run` read its config again."),
        "pause": ("steer", "Stop an edition or a channel, for now."),
        "resume": ("steer", "Let a paused edition or channel go on."),
        "cancel": ("steer", "Stop an edition that is on its way, for good."),
    },
    "Afterwards": {
        "status": ("status", "Show queue, running editions, and what waits for a person."),
        "stats": ("stats", "Show a digest's figures over time, as table or picture."),
        "history": ("history", "List the editions and posts that were made."),
        "deliveries": ("deliveries", "List single deliveries and their attempts."),
        "notices": ("notices", "List what the team was told, or send a test notice."),
        "settle": ("settle", "Decide about deliveries of which nobody knows if they arrived."),
        "retry": ("settle", "Try again what was rejected or given up."),
        "audit": ("audit", "Show who decided what, and check that nobody changed the list."),
        "pages": ("pages", "Make the web archive again: pages, list and feeds."),
        "rehearsals": ("rehearsals", "Forget what was only rehearsed."),
    },
    "Look after it": {
        "doctor": ("doctor", "Look at ledger, disk, folders, channels and clock."),
        "backup": ("upkeep", "Copy the ledger into a file, and check the copy."),
        "restore": ("upkeep", "Put a backup in the ledger's place."),
        "housekeeping": ("upkeep", "Forget what is not to be kept for ever."),
    },
    "People and shell": {
        "dkim": ("dkim", "Make keys that sign e-mails, and show their DNS records."),
        "subscribers": ("subscribers", "Import, export, add, remove, list subscribers."),
        "completion": ("completion", "Print the completion script for your shell."),
    },
}


def overview() -> str:
    """Give the text of `publish --help`."""
    lines = [
        "Usage: publish COMMAND [OPTIONS]",
        "",
        "Put an article into queue/ once; it leaves as an e-mail digest and as a post",
        "for every network.",
    ]
    for section, commands in COMMANDS.items():
        lines += ["", f"{section}:"]
        lines += [f"  {name:<12}  {summary}" for name, (_, summary) in commands.items()]
    lines += [
        "",
        "Every command has --help, --json and --config FILE. Exit codes: 0 done,",
        "1 some rejected, 2 something is wrong and nothing was sent, 3 waits for a",
        "person, 4 try again later, 130 stopped with Ctrl-C.",
        "",
    ]
    return "\n".join(lines)
