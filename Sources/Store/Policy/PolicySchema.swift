import GRDB

/// The migrations of policy.db, the same as schema/policy/*.sql; a test keeps them equal.
public enum PolicySchema {
    /// Name and text of each migration, in order.
    public static let migrations: [(name: String, sql: String)] = [
        ("001-start", start), ("002-identities", identities),
    ]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { try $0.execute(sql: migration.sql) }
        }
        return migrator
    }

    private static let start = """
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

        """

    private static let identities = """
        -- What else than uids names an app: a systemd unit, the path of an executable.
        CREATE TABLE app_units (
            unit TEXT PRIMARY KEY NOT NULL,
            app TEXT NOT NULL REFERENCES apps(name) ON DELETE CASCADE
        ) STRICT;
        CREATE TABLE app_executables (
            executable TEXT PRIMARY KEY NOT NULL,
            app TEXT NOT NULL REFERENCES apps(name) ON DELETE CASCADE
        ) STRICT;

        """
}
