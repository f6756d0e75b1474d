"""The scripted tour of `dogear demo`: a week in a small team."""

from adapters.terminal.screen import Step

STEPS = (
    Step(says="The list is a Markdown file. It was just read; reading it again changes nothing.", line="sync"),
    Step(says="Ana has five minutes and wants something to read.", line="/blog random"),
    Step(says="She looks for what the list has on a topic.", line="/blog search caching"),
    Step(says="One of them looks good. All of its notes:", line="/blog show #9"),
    Step(
        says="She has read it. On a chat platform a ✅ on the message is enough; here it is typed.", line="react ✅ #9"
    ),
    Step(says="So it is no longer among what she has not read.", line="/blog list is:unread tag:paper"),
    Step(says="Ben keeps another one for later.", line="as Ben"),
    Step(says="Later is a queue, oldest first.", line="/blog later #28"),
    Step(says="Ana is an admin. Every Monday this channel gets one article.", line="as Ana admin"),
    Step(says="The answer echoes the next three dates.", line="/blog schedule set mon 09:00 Europe/Berlin"),
    Step(
        says="This is exactly what will be posted. Members' queues decide, then notes before none.", line="/blog digest"
    ),
    Step(says="A week goes by. On Monday at nine the digest arrives, and its thread opens.", line="clock +7d"),
    Step(says="Ben reads it and puts a ✅ on the post itself.", line="as Ben"),
    Step(says="", line="react ✅"),
    Step(says="Each member sees only their own figures.", line="/blog stats"),
    Step(says="That was it. “make demo” on a terminal opens a chat, and this lists all there is:", line="/blog help"),
)
