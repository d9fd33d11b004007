-- What else than uids names an app: a systemd unit, the path of an executable.
CREATE TABLE app_units (
    unit TEXT PRIMARY KEY NOT NULL,
    app TEXT NOT NULL REFERENCES apps(name) ON DELETE CASCADE
) STRICT;
CREATE TABLE app_executables (
    executable TEXT PRIMARY KEY NOT NULL,
    app TEXT NOT NULL REFERENCES apps(name) ON DELETE CASCADE
) STRICT;
