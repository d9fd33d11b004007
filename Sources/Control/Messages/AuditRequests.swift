/// Rows of the access log that were completed before the call, oldest first.
public struct QueryAuditRequest: ControlRequest, Hashable {
    public static let method = "QueryAudit"
    public static let replies = ControlReplies.several

    public var app: String?
    public var uid: UInt32?
    public var since: Timestamp?
    public var until: Timestamp?
    public var operation: String?
    public var decision: String?
    /// A glob.
    public var path: String?
    /// Only the newest so many rows.
    public var limit: Int?

    public init(
        app: String? = nil, uid: UInt32? = nil, since: Timestamp? = nil, until: Timestamp? = nil,
        operation: String? = nil, decision: String? = nil, path: String? = nil, limit: Int? = nil
    ) {
        self.app = app
        self.uid = uid
        self.since = since
        self.until = until
        self.operation = operation
        self.decision = decision
        self.path = path
        self.limit = limit
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var rows: [AuditRecord]

        public init(rows: [AuditRecord]) {
            self.rows = rows
        }
    }
}

/// Rows of the access log as they are written, until the caller hangs up; the first reply is empty.
public struct FollowAuditRequest: ControlRequest, Hashable {
    public static let method = "FollowAudit"
    public static let replies = ControlReplies.several

    public var app: String?
    public var uid: UInt32?
    public var operation: String?
    public var decision: String?
    /// A glob.
    public var path: String?

    public init(
        app: String? = nil, uid: UInt32? = nil, operation: String? = nil, decision: String? = nil, path: String? = nil
    ) {
        self.app = app
        self.uid = uid
        self.operation = operation
        self.decision = decision
        self.path = path
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var rows: [AuditRecord]

        public init(rows: [AuditRecord]) {
            self.rows = rows
        }
    }
}

/// Examines the whole log.
public struct VerifyAuditRequest: ControlRequest, Hashable {
    public static let method = "VerifyAudit"
    public static let replies = ControlReplies.severalOrOne

    public init() {}

    public struct Reply: Codable, Sendable, Hashable {
        public var checked: Int64
        public var total: Int64
        /// In the last reply only.
        public var verdict: AuditVerdict?

        public init(checked: Int64, total: Int64, verdict: AuditVerdict? = nil) {
            self.checked = checked
            self.total = total
            self.verdict = verdict
        }
    }
}

/// The access log as one self-contained HTML page, in pieces.
public struct AuditReportRequest: ControlRequest, Hashable {
    public static let method = "AuditReport"
    public static let replies = ControlReplies.severalOrOne

    public var since: Timestamp?
    public var until: Timestamp?

    public init(since: Timestamp? = nil, until: Timestamp? = nil) {
        self.since = since
        self.until = until
    }

    public struct Reply: Codable, Sendable, Hashable {
        public var text: String

        public init(text: String) {
            self.text = text
        }
    }
}
