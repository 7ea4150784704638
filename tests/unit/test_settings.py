"""Settings: the example loads as it stands, a mistake is named with its key and what to do."""

import re
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from bot.config import ConfigError, Settings, load_settings, parse_settings

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TELEGRAM = {"telegram": {"token": "123:abc"}}


def example_with_channels() -> dict[str, Any]:
    """The example with its commented channel sections switched on."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    plain = [re.sub(r"^# (?=\[|[a-z_]+ = )", "", line) for line in lines]
    return tomllib.loads("\n".join(line for line in plain if not line.startswith('url = "postgresql')))


def test_the_example_loads_and_holds_only_defaults() -> None:
    assert load_settings(str(EXAMPLE), {}) == Settings()


def test_the_example_explains_every_setting() -> None:
    document = example_with_channels()
    for section in fields(Settings):
        hint = get_type_hints(Settings)[section.name]
        kind = next(candidate for candidate in (hint, *get_args(hint)) if is_dataclass(candidate))
        missing = {field.name for field in fields(kind)} - set(document[section.name])
        assert not missing, f"[{section.name}] lacks {missing}"


def test_the_example_s_channels_load_too() -> None:
    settings = parse_settings(example_with_channels(), "the example")
    assert settings.telegram is not None
    assert settings.telegram.rate_per_second == 25
    assert settings.email is not None
    assert settings.email.port == 587


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"survey": {"daily_limt": 5}}, "unknown setting survey.daily_limt; did you mean survey.daily_limit?"),
        ({"sruvey": {}}, "unknown setting sruvey; did you mean survey?"),
        ({"survey": 5}, r"survey is a section: write \[survey\]"),
        ({"survey": {"daily_limit": "many"}}, "survey.daily_limit cannot be used"),
        ({"survey": {"reminder_days": 1e9}}, "survey.reminder_days: 1000000000.0 is too long"),
        ({"survey": {"daily_limit": -1}}, "survey.daily_limit: -1 is below zero"),
        ({"survey": {"hours": ["19:00", "10:00"]}}, "survey.hours: 19:00 is not before 10:00"),
        ({"survey": {"hours": ["ten", "24:00"]}}, "survey.hours: .*write them as"),
        ({"survey": {"weekdays": ["monday"]}}, "survey.weekdays: monday: name some of mon"),
        ({"survey": {"window_days": 3}}, "survey.window_days: 3.* must be more than delay_days"),
        ({"survey": {"channels": ["sms"]}}, "survey.channels: 'sms' is no channel"),
        ({"company": {"timezone": "Moscow"}}, "company.timezone: 'Moscow' is no time zone"),
        ({"company": {"timezone": "../etc/passwd"}}, "company.timezone: .* is no time zone"),
        ({"company": {"language": "de"}}, "company.language: 'de' is not spoken here"),
        ({"company": {"currency": "рубль"}}, "company.currency: 'рубль' is no currency"),
        ({"company": {"currency": "ZZZ"}}, "company.currency: 'ZZZ' is no currency"),
        ({"company": {"country": "XX"}}, "company.country: 'XX' is no country"),
        ({"company": {"country": "ZZ"}}, "company.country: 'ZZ' is no country"),
        ({"survey": {"question": {"ru": " "}}}, "survey.question.ru: is empty"),
        ({"survey": {"question": {"ru": "ы" * 1001}}}, "survey.question.ru: has 1001 characters: 1000 at the most"),
        ({"telegram": {}}, "telegram.token is missing: set it"),
        ({"telegram": {"token": " "}}, "telegram.token: is empty: take one from @BotFather"),
        ({"telegram": {"token": 5}}, "telegram.token cannot be used"),
        ({"telegram": TELEGRAM["telegram"] | {"api_url": "api"}}, "telegram.api_url: 'api' must begin with https"),
        ({"email": {"host": "h"}}, "email.sender is missing"),
        ({"email": {"host": "h", "sender": "shop"}}, "email.sender: 'shop' has no address"),
        ({"email": {"host": "h", "sender": "a@b.test", "port": 0}}, "email.port: 0 is no port"),
        ({"email": {"host": "h", "sender": "a@b.test", "security": "ssl"}}, "email.security cannot be used"),
        ({"web": {"public_url": "nps.example.com"}}, "web.public_url: .* must look like https://"),
        *(
            ({"web": {"public_url": f"https://{rest}"}}, "web.public_url: .* must look like")
            for rest in (
                "a:b@c.test",
                "c.test?x=1",
                "c.test/?",
                "c.test/#a",
                "c.test:99999",
                "[c.test",
                ":80",
                "c.test:0",
            )
        ),
        *(
            ({"email": {"host": "h", "sender": f"Shop{sign} <a@b.test>"}}, "email.sender: .* must be one line")
            for sign in "\n\r\x0b\x85\u2028\x00"
        ),
        ({"digest": {"time": "25:00"}}, "digest.time: '25:00' is no time of day"),
        ({"digest": {"weekday": "monday"}}, "digest.weekday: 'monday' is none of"),
        ({"schedule": {"send_every_seconds": 0}}, "schedule.send_every_seconds: 0.* must be above zero"),
    ],
)
def test_a_senseless_setting_is_named(document: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_settings(document, "config.toml")


def test_an_error_never_shows_a_secret() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings({"telegram": {"token": 987654}}, "config.toml")
    assert "987654" not in str(caught.value)


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[survey]\ndaily_limit = 5\n[company]\nname = "Лавка"\n', encoding="utf-8")
    secret = tmp_path / "token"
    secret.write_text("123:abc\n", encoding="utf-8")
    settings = load_settings(
        str(config),
        {
            "MOLVA_SURVEY__DAILY_LIMIT": "7",
            "MOLVA_SURVEY__CHANNELS": '["email"]',
            "MOLVA_SURVEY__ONLY": "me@example.test, 123",
            "MOLVA_DIGEST__EMAIL_TO": "",
            "MOLVA_TELEGRAM__TOKEN_FILE": str(secret),
            "MOLVA_TELEGRAM__ADMINS": "[1, 2]",
            "MOLVA_EMAIL__PASSWORD": "00123",
            "MOLVA_EMAIL__HOST": "mail",
            "MOLVA_EMAIL__SENDER": "a@b.test",
            "MOLVA_SURVEY__REQUIRE_CONSENT": "true",
        },
    )
    assert settings.company.name == "Лавка"
    assert settings.survey.daily_limit == 7
    assert settings.survey.channels == ("email",)
    assert settings.survey.only == ("me@example.test", "123")
    assert settings.survey.require_consent
    assert settings.digest.email_to == ()
    assert settings.telegram is not None
    assert (settings.telegram.token, settings.telegram.admins) == ("123:abc", (1, 2))
    assert settings.email is not None
    assert settings.email.password == "00123"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"MOLVA_SURVEY__LIMIT": "7"}, "MOLVA_SURVEY__LIMIT is no setting"),
        ({"MOLVA_NOTHING__LIMIT": "7"}, "MOLVA_NOTHING__LIMIT is no setting"),
        ({"MOLVA_TELEGRAM__TOKEN_FILE": "/no/such/file"}, "MOLVA_TELEGRAM__TOKEN_FILE: /no/such/file cannot be read"),
        (
            {"MOLVA_SURVEY__DAILY_LIMIT": "seven"},
            r"^the environment: MOLVA_SURVEY__DAILY_LIMIT \(survey.daily_limit\) cannot be used",
        ),
        ({"MOLVA_WEB__PORT": "99999"}, r"^the environment: MOLVA_WEB__PORT \(web.port\): 99999 is no port"),
        ({"MOLVA_SURVEY__CHANNELS": "sms"}, r"MOLVA_SURVEY__CHANNELS \(survey.channels\): 'sms' is no channel"),
        ({"MOLVA_SURVEY__QUESTION": '{ru = ""}'}, r"MOLVA_SURVEY__QUESTION \(survey.question.ru\): is empty"),
        ({"MOLVA_TELEGRAM__TOKEN_FILE": "/dev/null"}, r"MOLVA_TELEGRAM__TOKEN_FILE \(telegram.token\): is empty"),
        ({"MOLVA_CONFIG": "/no/such/file"}, "there is no file /no/such/file"),
    ],
)
def test_a_mistake_in_the_environment_is_named(environment: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_settings(None, environment)


def test_a_mistake_is_said_to_be_where_it_is(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[web]\nport = 99999\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config.toml: web.port: 99999"):
        load_settings(str(config), {"MOLVA_WEB__HOST": "0.0.0.0"})
    with pytest.raises(ConfigError, match=r"^the environment: MOLVA_WEB__PORT \(web.port\): -1"):
        load_settings(str(config), {"MOLVA_WEB__PORT": "-1"})


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"[survey\n", "is not valid TOML"), ("[company]\nname = 'Лавка'".encode("cp1251"), "is not UTF-8")],
)
def test_a_file_that_is_no_configuration_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    config = tmp_path / "config.toml"
    config.write_bytes(content)
    with pytest.raises(ConfigError, match=f"config.toml {said}"):
        load_settings(str(config), {})
