"""Make posts: everything that waits for a channel is fitted, frozen and planned."""

from __future__ import annotations

from publisher.workflow.application import Application
from publisher.workflow.freeze import freeze_post
from publisher.workflow.make import Course, Queue
from publisher.workflow.plan import plan_post
from publisher.workflow.prepare import draft_posts


def make_posts(app: Application, queue: Queue, course: Course) -> int:
    """Plan every post that waits; say how many. A post that cannot be made is told, and the rest goes on."""
    count = 0
    for channel in app.post_channels:
        drafts, _, problems = draft_posts(app, channel, queue.read())
        for problem in problems:
            course.problem(problem)
        frozen = [post for draft in drafts if (post := freeze_post(app, draft))]
        count += sum(plan_post(app, post.row) is not None for post in frozen)
    return count
