-- Rows that came faster than they could be indexed, the oldest first; they are appended to the table rows when there is time.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    rows BLOB NOT NULL
) STRICT;
