"""What people do every day: `nox -s tests`, `lint`, `docs`, `pages`; `nox -l` lists them.

Each session makes an environment of its own and keeps it (`nox -r` takes it as it is).
"""

import nox

nox.options.sessions = ["lint", "tests"]
nox.options.reuse_existing_virtualenvs = True


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """All tests, or those named after --."""
    session.install(".[test]")
    session.run("pytest", *session.posargs, env={"MPLBACKEND": "Agg"})


@nox.session
def lint(session: nox.Session) -> None:
    """Rules, format and types, as in .ci/run."""
    session.install("-e", ".[test]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("bandit", "-q", "-c", "pyproject.toml", "-r", "klasternet")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation site, in build/docs; a warning is an error."""
    session.install(".[docs]")
    command = ["python", "-m", "sphinx", "-W", "--keep-going", "-b", "html"]
    session.run(*command, *session.posargs, "docs", "build/docs")


@nox.session
def pages(session: nox.Session) -> None:
    """Write the output that the README and the pages show anew."""
    session.install("-e", ".[test]")
    for script in ("tests/test_examples.py", "tests/test_docs.py"):
        session.run("python", script, env={"MPLBACKEND": "Agg"})
