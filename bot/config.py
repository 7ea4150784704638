"""config.toml and the environment become typed settings; an error names the key and says what to do."""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from bot.channels.settings import EmailSettings, MailboxSettings, TelegramSettings
from bot.letters.settings import LetterSettings
from bot.logs import LogSettings
from bot.settings_checks import problems
from bot.web.settings import WebSettings
from scheduler.asking.policy import Policy
from scheduler.case_rules import CaseRules
from scheduler.company import Company
from scheduler.schedule import DigestSchedule, Schedule
from storage.database import DatabaseSettings

PREFIX = "MOLVA_"


class ConfigError(Exception):
    """A setting, file or argument that cannot be used: one line that says what, where and what to do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that the shop can set. A channel whose section is absent is None: off."""

    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    company: Company = field(default_factory=Company)
    telegram: TelegramSettings | None = None
    email: EmailSettings | None = None
    letters: LetterSettings = field(default_factory=LetterSettings)
    mailbox: MailboxSettings | None = None
    web: WebSettings = field(default_factory=WebSettings)
    survey: Policy = field(default_factory=Policy)
    cases: CaseRules = field(default_factory=CaseRules)
    digest: DigestSchedule = field(default_factory=DigestSchedule)
    schedule: Schedule = field(default_factory=Schedule)
    log: LogSettings = field(default_factory=LogSettings)


def find_config(option: str | None, environment: Mapping[str, str]) -> tuple[Path, bool]:
    """(file, whether a person named it): the option, else $MOLVA_CONFIG, else ./config.toml."""
    named = option or environment.get("MOLVA_CONFIG")
    return (Path(named), True) if named else (Path("config.toml"), False)


def load_settings(option: str | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Reads the file and the environment.

    :raises ConfigError: a named file is missing, or a setting is unknown, missing, of a wrong type or senseless
    """
    environment = os.environ if environment is None else environment
    path, named = find_config(option, environment)
    if named and not path.is_file():
        raise ConfigError(f"there is no file {path}: `molva init` writes one")
    document = _read_toml(path) if path.is_file() else {}
    where = str(path) if document else "the environment"
    _refuse_unknown(document, Settings, where)
    over, variables = _from_environment(environment)
    _refuse_unknown(over, Settings, "the environment")
    return parse_settings(_merge(document, over), where, variables)


def parse_settings(
    document: dict[str, Any], where: str, variables: Mapping[tuple[str, str], str] = MappingProxyType({})
) -> Settings:
    """Settings of a document as TOML gives it.

    :param where: named in errors
    :param variables: (section, key) → the variable of the environment that set it, named instead
    :raises ConfigError: as `load_settings`
    """

    def place(key: str) -> str:
        section, _, rest = key.partition(".")
        name = variables.get((section, re.split(r"[.\[]", rest)[0]))
        return f"the environment: {name} ({key})" if name else f"{where}: {key}"

    _refuse_unknown(document, Settings, where)
    try:
        settings = TypeAdapter(Settings).validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        shown = "" if _is_secret(key) or first["type"] == "missing" else f" (it is {str(first['input'])[:60]!r})"
        wanted = "is missing: set it" if first["type"] == "missing" else f"cannot be used: {first['msg']}{shown}"
        raise ConfigError(f"{place(key)} {wanted}") from error
    for key, wrong in problems(settings):
        raise ConfigError(f"{place(key)}: {wrong}")
    return settings


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8: save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error


def _refuse_unknown(document: Mapping[str, Any], kind: type, where: str, prefix: str = "") -> None:
    hints = get_type_hints(kind)
    for key, value in document.items():
        if key not in hints:
            close = difflib.get_close_matches(key, hints, n=1)
            advice = f"; did you mean {prefix}{close[0]}?" if close else f"; known here: {', '.join(hints)}"
            raise ConfigError(f"{where}: unknown setting {prefix}{key}{advice}")
        section = _section_type(hints[key])
        if section and get_origin(hints[key]) is tuple:
            _refuse_unknown_in_tables(value, section, where, f"{prefix}{key}")
            continue
        if section and not isinstance(value, dict):
            raise ConfigError(f"{where}: {prefix}{key} is a section: write [{prefix}{key}] and its settings below")
        if section:
            _refuse_unknown(value, section, where, f"{prefix}{key}.")


def _refuse_unknown_in_tables(value: Any, kind: type, where: str, key: str) -> None:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ConfigError(f"{where}: {key} is a list of tables: write [[{key}]] and the settings of each below")
    for number, one in enumerate(value, 1):
        _refuse_unknown(one, kind, where, f"{key}[{number}].")


def _section_type(hint: Any) -> type | None:
    for candidate in (hint, *get_args(hint)):
        if is_dataclass(candidate):
            return cast(type, candidate)
    return None


def _from_environment(environment: Mapping[str, str]) -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
    """({section: {key: value}}, {(section, key): variable}) of MOLVA_SECTION__KEY and MOLVA_SECTION__KEY_FILE; other
    MOLVA_ names are left alone."""
    sections = {section.name: _section_type(get_type_hints(Settings)[section.name]) for section in fields(Settings)}
    found: dict[str, Any] = {}
    variables: dict[tuple[str, str], str] = {}
    for name, raw in environment.items():
        if not name.startswith(PREFIX) or "__" not in name:
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        kind = sections.get(section)
        hints = get_type_hints(kind) if kind else {}
        from_file = key.removesuffix("_file")
        if key not in hints and from_file not in hints:
            raise ConfigError(f"the environment: {name} is no setting; see config.example.toml")
        said, value = (key, raw) if key in hints else (from_file, _read_secret(name, raw))
        found.setdefault(section, {})[said] = _parse_value(value, hints[said])
        variables[section, said] = name
    return found, variables


def _read_secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the environment: {name}: {path} cannot be read") from error


def _parse_value(raw: str, hint: Any) -> Any:
    """Text stays as it is where the setting is text; anything else is read as TOML; a list may be comma-separated."""
    is_list = get_origin(hint) is tuple
    if get_origin(hint) not in (tuple, dict) and (hint is str or str in get_args(hint)):
        return raw
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw
    return (
        [part.strip() for part in raw.split(",") if part.strip()] if is_list and not isinstance(value, list) else value
    )


def _merge(document: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    return {
        key: {**document.get(key, {}), **over[key]} if key in over else document[key] for key in {**document, **over}
    }


def _is_secret(key: str) -> bool:
    return key.endswith(("token", "password", "url"))
