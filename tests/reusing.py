"""One PostgreSQL database of a process for test after test: emptied between them, made anew where one changed it.

Making a database copies about a thousand files, which takes many times what most tests take.
"""

import asyncio
import itertools

import asyncpg

from tests import postgres

# Everything that tells one schema from another, whatever the files are called that it lies in.
SHAPE = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
    SELECT format('class %s %s %s %s', oid, relname, relkind, reloptions) AS line FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT format('column %s %s %s %s %s', attrelid, attnum, attname, atttypid, attnotnull)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT format('default %s %s %s', adrelid, adnum, md5(pg_get_expr(adbin, adrelid))) FROM pg_attrdef
    UNION ALL SELECT format('constraint %s %s %s', conrelid, conname, convalidated) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT format('trigger %s %s %s', tgrelid, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT format('function %s', proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT format('schema %s', nspname) FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast)'
    UNION ALL SELECT format('setting %s', setconfig) FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT format('revision %s', version_num) FROM alembic_version
) AS lines
"""
END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
EMPTY = """
DO $$
DECLARE
    one text;
    used text[] := '{}';
BEGIN
    FOR one IN SELECT oid::regclass::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
    LOOP
        IF pg_relation_size(one::regclass) > 0 THEN used := used || one; END IF;
    END LOOP;
    IF used <> '{}' THEN
        EXECUTE format('TRUNCATE %s RESTART IDENTITY CASCADE', array_to_string(used, ', '));
    END IF;
    PERFORM setval(sequencename::regclass, start_value, false) FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL;
END
$$
"""


class ReusedDatabase:
    """A copy of a template that any number of tests use, one after the other."""

    def __init__(self, server: str, prefix: str, template: str) -> None:
        """
        :param server: the URL of the server, see `postgres.at`
        :param prefix: what its name begins with; the next one has another, so that nobody comes back to it by name
        """
        self._server, self._prefix, self._template = server, prefix, template
        self._numbers = itertools.count(1)
        self._name = ""
        self._shape: str | None = None

    @property
    def url(self) -> str:
        """Of the database that is lent now."""
        return postgres.at(self._server, self._name)

    def lend(self) -> str:
        """The URL of a database that is empty and has the whole schema."""
        if self._shape is None:
            self._name = f"{self._prefix}_{next(self._numbers)}"
            postgres.execute(self._server, f"CREATE DATABASE {self._name} TEMPLATE {self._template} STRATEGY FILE_COPY")
            self._shape = asyncio.run(self._look())
        return self.url

    def take_back(self, *, again: bool) -> None:
        """Ends every connection to it and empties it.

        :param again: it may be lent again, where it is what it was; False: something may still be at work on it
        """
        if again:
            asyncio.run(self._clean())
        else:
            self._shape = None
        if self._shape is None:
            postgres.execute(self._server, f"DROP DATABASE {self._name} WITH (FORCE)")

    async def _look(self) -> str:
        connection = await asyncpg.connect(self.url)
        try:
            return str(await connection.fetchval(SHAPE))
        finally:
            await connection.close()

    async def _clean(self) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(END_OTHERS)
            if await connection.fetchval(SHAPE) == self._shape:
                await connection.execute(EMPTY)
            else:
                self._shape = None
        finally:
            await connection.close()
