CREATE TABLE rows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER NOT NULL,
    app TEXT,
    uid INTEGER,
    pid INTEGER,
    process TEXT,
    view TEXT NOT NULL,
    operation TEXT NOT NULL,
    path BLOB NOT NULL,
    decision TEXT NOT NULL,
    errno INTEGER NOT NULL,
    reason TEXT NOT NULL,
    bytes INTEGER,
    count INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX rows_by_app ON rows (app, time);
CREATE INDEX rows_by_path ON rows (path);
