"""The club in Slack: slash command, buttons, modals, Home tab, shortcuts, reactions and weekly posts."""
