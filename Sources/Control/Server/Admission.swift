/// Counts connections and refuses what is too many: one user cannot take all places.
struct Admission {
    let limits: ControlServer.Limits
    private(set) var total = 0
    private var byUser: [UInt32: Int] = [:]

    init(limits: ControlServer.Limits) { self.limits = limits }

    /// Whether there is a place for this peer; it is taken then.
    mutating func admit(_ peer: Peer) -> Bool {
        // Some places are kept for administrators.
        let places = peer.isAdministrator ? limits.connections : limits.connections - limits.connections / 4
        guard total < places else { return false }
        let own = byUser[peer.uid, default: 0]
        guard peer.isAdministrator || own < limits.connectionsOfOneUser else { return false }
        byUser[peer.uid] = own + 1
        total += 1
        return true
    }

    mutating func leave(_ peer: Peer) {
        total -= 1
        let rest = byUser[peer.uid, default: 1] - 1
        byUser[peer.uid] = rest > 0 ? rest : nil
    }
}
