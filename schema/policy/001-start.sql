CREATE TABLE apps (
    name TEXT PRIMARY KEY NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE TABLE app_uids (
    uid INTEGER PRIMARY KEY NOT NULL,
    app TEXT NOT NULL REFERENCES apps(name) ON DELETE CASCADE
) STRICT;
CREATE TABLE grants (
    app TEXT NOT NULL REFERENCES apps(name) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    under TEXT NOT NULL,
    expires INTEGER,
    created INTEGER NOT NULL,
    PRIMARY KEY (app, permission, under)
) STRICT, WITHOUT ROWID;
CREATE TABLE views (
    name TEXT PRIMARY KEY NOT NULL,
    app TEXT NOT NULL REFERENCES apps(name) ON DELETE RESTRICT,
    path TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;
-- Who created a file through a view. "device" is 0 where the filesystem tells when an inode was made: inode and birth
-- then name the file across reboots, which give devices other numbers.
CREATE TABLE owners (
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    born INTEGER NOT NULL,
    app TEXT NOT NULL,
    PRIMARY KEY (device, inode, born)
) STRICT, WITHOUT ROWID;
