// Made by scripts/embed-interface from schema/org.mediaveil.Control.varlink; a test compares the two.

extension ControlInterface {
    /// The interface in Varlink's own language, as org.varlink.service hands it out.
    public static let description = #"""
        # Control of a MediaVeil service: what it does, who may see what, and what was seen.
        #
        # The caller is told by its socket credentials. Root and members of the service's admin_group may call everything;
        # any other user may call ShowApp, ListGrants and Check about the app that its own uid belongs to.
        #
        # Times are RFC 3339 in UTC with microseconds: 2026-11-26T22:53:00.000000Z.
        # Paths are relative to the library. A name that is not UTF-8 stands in `path` with replacement characters and in
        # `path_base64` byte by byte; in a call, `path_base64` wins over `path`.
        # Unknown parameters are errors: a misspelt `under` must not become a grant for everything.
        interface org.mediaveil.Control

        type App (
          name: string,
          uids: []int,
          units: []string,
          executables: []string,
          created: string,
          grants: int,
          views: []string
        )

        # `under`: the subtree that the grant is limited to, absent for the whole library.
        # `expires`: absent for a grant that lasts until it is revoked.
        type PermissionGrant (
          app: string,
          permission: string,
          under: ?string,
          under_base64: ?string,
          created: string,
          expires: ?string
        )

        # `problem` says why a view is not mounted.
        type View (
          name: string,
          app: string,
          path: string,
          mounted: bool,
          problem: ?string
        )

        # A mounted view as it is now. `app` is absent for the shared view.
        type Mount (
          view: string,
          app: ?string,
          path: string,
          passthrough: bool,
          nodes: int,
          handles: int
        )

        # How the open files' bytes have travelled since the start: numbers of opens.
        type DataPaths (
          passthrough: int,
          snapshot: int,
          router: int,
          daemon: int
        )

        # `rows`: in the database. `lost`: rows that could not be written since the start.
        type AuditState (
          rows: int,
          lost: int,
          pending: int,
          bytes: int
        )

        type CheckState (ok, warning, failed)

        # One thing that the machine has or lacks: what was found, why it matters, the command that mends it.
        type MachineCheck (
          name: string,
          state: CheckState,
          finding: string,
          why: string,
          remedy: ?string
        )

        # What became of a process that had a file open when its right to it was revoked.
        type ProcessOutcome (
          pid: int,
          process: string,
          uid: int,
          files: int,
          outcome: string
        )

        # `decision`: allow, redact, hide or deny. `count`: how many identical rows were folded into this one.
        # `target`: the new name of a rename or link.
        type AuditRow (
          id: int,
          time: string,
          app: ?string,
          uid: ?int,
          pid: ?int,
          process: ?string,
          view: ?string,
          operation: string,
          path: ?string,
          path_base64: ?string,
          target: ?string,
          target_base64: ?string,
          decision: string,
          errno: ?int,
          reason: ?string,
          bytes: ?int,
          count: int
        )

        type AuditProblem (
          row: int,
          reason: string
        )

        # A start that found no stop before it. `last_row` and `last_time`: the last durable row before the crash.
        type AuditCrash (
          found: string,
          last_row: ?int,
          last_time: ?string
        )

        type AuditVerdict (
          intact: bool,
          rows: int,
          first_time: ?string,
          last_time: ?string,
          lost: int,
          problems: []AuditProblem,
          crashes: []AuditCrash
        )

        # What runs. `counters` are cumulative since `started`, `gauges` are as of now.
        method Status() -> (
          version: string,
          pid: int,
          started: string,
          library: string,
          state_directory: string,
          runtime_directory: string,
          passthrough: bool,
          snapshots: bool,
          mounts: []Mount,
          data_paths: DataPaths,
          apps: int,
          grants: int,
          audit: AuditState,
          counters: [string]int,
          gauges: [string]int,
          notices: []string
        )

        # What this machine supports, and what to do about what it lacks.
        method Doctor() -> (checks: []MachineCheck)

        # Reads the configuration again; applies all of it or nothing.
        method Reload() -> (changes: []string)

        # `changes` says in sentences what changes for whom.
        # `units` and `executables`: systemd units and paths of files whose processes are the app as well, in the shared view of a
        # service that is configured to look at them.
        method AddApp(
          name: string,
          uids: []int,
          units: ?[]string,
          executables: ?[]string
        ) -> (app: App, changes: []string)

        method ListApps() -> (apps: []App)

        # `folders`: the app folders that belong to the app. `owned_files`: how many files it owns.
        method ShowApp(app: string) -> (
          app: App,
          grants: []PermissionGrant,
          views: []View,
          folders: []string,
          owned_files: int
        )

        method RemoveApp(app: string) -> (changes: []string)

        # `seconds`: how long the grant lasts; absent for ever.
        method Grant(app: string, permission: string, under: ?string, under_base64: ?string, seconds: ?int) -> (
          grant: PermissionGrant,
          changes: []string
        )

        # With `terminate`, the processes that still have files open by this right are ended. Called with `more`, the first
        # reply names the grants that are gone and one more reply follows for each process; without, one reply has them all.
        method Revoke(app: string, permission: string, under: ?string, under_base64: ?string, terminate: ?bool) -> (
          grants: []PermissionGrant,
          changes: []string,
          processes: []ProcessOutcome
        )

        # Without `app`: those of all apps, or for a user who may only ask about itself, those of its own app.
        method ListGrants(app: ?string) -> (grants: []PermissionGrant)

        # What the app sees at the path and the rule that decides it. `variant`: original, redacted or redacted-writable;
        # absent if the path is hidden. `exists`: whether anything is there; if not, the rest is what would apply. It is absent where
        # the path is hidden and the caller no administrator.
        method Check(app: string, path: string, path_base64: ?string) -> (
          app: string,
          path: string,
          path_base64: ?string,
          visible: bool,
          variant: ?string,
          read: bool,
          write: bool,
          rule: string,
          exists: ?bool
        )

        # `at`: an absolute path of an empty directory; absent for the service's own views directory.
        method AddView(name: string, app: string, at: ?string) -> (view: View, changes: []string)

        method ListViews() -> (views: []View)

        method RemoveView(name: string) -> (changes: []string)

        # What it takes to run a command behind an app's view, which is made if the app has none: `path` is where the view is
        # mounted, `places` are the absolute paths (the library and the shared view) that it has to cover, `hides` those that
        # must not be reachable from behind it (the views of other apps, the service's state).
        method PrepareRun(app: string) -> (
          view: string,
          path: string,
          library: string,
          places: []string,
          hides: []string
        )

        # Apps, grants and views as TOML.
        method ExportPolicy() -> (toml: string)

        # All or nothing. With `dry_run` nothing is changed and `changes` says what would be.
        method ImportPolicy(toml: string, dry_run: ?bool) -> (changes: []string, applied: bool)

        # Called with `more`. `path` is a glob. Rows come oldest first; with `limit`, only the newest so many.
        method QueryAudit(
          app: ?string,
          uid: ?int,
          since: ?string,
          until: ?string,
          operation: ?string,
          decision: ?string,
          path: ?string,
          limit: ?int
        ) -> (rows: []AuditRow)

        # Called with `more`. Rows as they are written, until the caller hangs up; the first reply is empty and says that
        # everything from now on will be seen.
        method FollowAudit(
          app: ?string,
          uid: ?int,
          operation: ?string,
          decision: ?string,
          path: ?string
        ) -> (rows: []AuditRow)

        # Called with `more`, replies tell how far it is; the last reply has the verdict.
        method VerifyAudit() -> (checked: int, total: int, verdict: ?AuditVerdict)

        # Called with `more`. One self-contained HTML page in pieces.
        method AuditReport(since: ?string, until: ?string) -> (text: string)

        # `kind`: what was looked for ("app", "grant", "view", "path"). For a user who may only ask about itself,
        # everything else is not found.
        error NotFound (kind: string, name: string, remedy: ?string)

        error Conflict (reason: string, remedy: ?string)

        error NotPermitted (reason: string, remedy: ?string)

        error InvalidParameter (parameter: string, reason: string, remedy: ?string)

        # The service has too much to do for this caller; nothing was done.
        error Busy (reason: string)

        # The service could not do it; nothing was done. Its log says more.
        error Failed (reason: string, remedy: ?string)

        """#
}
