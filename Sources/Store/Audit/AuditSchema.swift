import GRDB

/// The migrations of audit.db, the same as schema/audit/*.sql; a test keeps them equal.
public enum AuditSchema {
    public static let migrations: [(name: String, sql: String)] = [("001-start", start), ("002-journal", journal)]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { try $0.execute(sql: migration.sql) }
        }
        return migrator
    }

    /// The indexes of the rows: by what besides the time, and of which rows.
    static let indexes = [
        ("rows_by_time", "time", "TRUE"), ("rows_by_app", "app", "TRUE"), ("rows_by_uid", "uid", "TRUE"),
        ("rows_by_path", "path", "TRUE"), ("rows_by_target", "target", "target IS NOT NULL"),
        ("rows_not_allowed", "decision", "decision <> 'allow'"),
    ]

    private static let start = """
        CREATE TABLE rows (
            id INTEGER PRIMARY KEY,
            time INTEGER NOT NULL,
            app TEXT,
            uid INTEGER,
            pid INTEGER,
            process TEXT,
            view TEXT NOT NULL,
            operation TEXT NOT NULL,
            path BLOB NOT NULL,
            target BLOB,
            decision TEXT NOT NULL,
            errno INTEGER NOT NULL,
            reason TEXT NOT NULL,
            bytes INTEGER,
            count INTEGER NOT NULL,
            -- SHA-256 over the hash of the row before and this row's columns.
            hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX rows_by_time ON rows (time);
        CREATE INDEX rows_by_app ON rows (app, time);
        CREATE INDEX rows_by_uid ON rows (uid, time);
        CREATE INDEX rows_by_path ON rows (path, time);
        CREATE INDEX rows_by_target ON rows (target, time) WHERE target IS NOT NULL;
        CREATE INDEX rows_not_allowed ON rows (decision, time) WHERE decision <> 'allow';
        -- 'head': the latest row. 'anchor': the last row that retention deleted. Both with the row's id and hash, so that a
        -- missing row at either end is found.
        CREATE TABLE chain (
            name TEXT PRIMARY KEY NOT NULL,
            id INTEGER NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;

        """

    private static let journal = """
        -- Rows that came faster than they could be indexed, the oldest first; they are appended to the table rows when there is time.
        CREATE TABLE journal (
            id INTEGER PRIMARY KEY,
            count INTEGER NOT NULL,
            rows BLOB NOT NULL
        ) STRICT;

        """
}
