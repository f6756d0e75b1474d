"""What is wrong in one file, gathered while it is read."""

from bot.domain.source import Problem, Severity

MAX_PROBLEMS = 1_000
"""A file that is wrong on every line says so once more instead of a hundred thousand times."""


class Report:
    """The problems of one file. Lines and columns count from 1; 0 means the file as a whole."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._problems: list[Problem] = []
        self._left_out = 0

    def error(self, message: str, line: int = 0, column: int = 0) -> None:
        """Something does not load because of it."""
        self._add(Severity.ERROR, message, line, column)

    def warning(self, message: str, line: int = 0, column: int = 0) -> None:
        """All loads, perhaps not as it was meant."""
        self._add(Severity.WARNING, message, line, column)

    def problems(self) -> tuple[Problem, ...]:
        """In the order of the lines."""
        found = sorted(self._problems, key=lambda problem: (problem.line, problem.column))
        if self._left_out:
            message = f"{self._left_out} more problems are not shown; correct these first"
            found.append(Problem(file=self._file, line=0, severity=Severity.WARNING, message=message))
        return tuple(found)

    def _add(self, severity: Severity, message: str, line: int, column: int) -> None:
        if len(self._problems) >= MAX_PROBLEMS:
            self._left_out += 1
            return
        problem = Problem(file=self._file, line=line, column=column, severity=severity, message=message)
        self._problems.append(problem)
