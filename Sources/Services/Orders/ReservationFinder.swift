internal import Domain
internal import HotPath
internal import Redis

/// Asks the cells of a tenant about reservations that the ledger may not know yet. Loop-confined.
struct ReservationFinder {
  /// What the cells know of an order.
  enum Finding {
    /// This cell has stock reserved for the order; the fact of it is at `position` or below.
    case reserved(CellRuntime, StreamPosition)
    /// A cell has stock reserved for somebody else's order.
    case foreign
    /// No cell knows it: it never was, or the ledger has it and it is reserved no more.
    case absent
    /// Some cell could not be asked, and no other knows it.
    case unknown
  }

  /// Cells that one search asks at once: few enough that two hundred searches leave room on the connection
  /// for claims and orders.
  private static let asksAtOnce = 20

  let cells: CellDirectory

  /// Asks the cells that the node knows, and then those that only the ledger knows: a cell may have been made,
  /// or the node started, a moment ago. What the known ones do not have counts only under leases that the
  /// ledger does not say to be over.
  ///
  /// - Parameter user: whose it must be; nil for anybody's.
  func find(_ order: Identifier, of tenant: TenantID, user: UserID?) async -> Finding {
    let known = await looks(at: cells.all(of: tenant))
    let finding = await find(order, user, known)
    guard case .absent = finding else { return finding }
    guard let listed = try? await cells.listed(of: tenant), known.allSatisfy(\.isCurrent) else {
      return .unknown
    }
    let names = Set(known.map(\.cell.keys.cell))
    return await find(
      order, user, looks(at: listed.filter { !names.contains($0.keys.cell) }))
  }

  private func looks(at cells: [CellRuntime]) async -> [CellLook] {
    for cell in cells { await cell.lease.whenRead() }
    return cells.map { CellLook(at: $0) }
  }

  /// Asks the cells side by side: the search takes as long as the slowest, and no longer than the one that
  /// has the order.
  private func find(
    _ order: Identifier, _ user: UserID?, _ looks: [CellLook]
  ) async -> Finding {
    guard let loop = looks.first?.cell.client.loop else { return .absent }
    let search = Search(looks)
    for _ in 0..<min(Self.asksAtOnce, looks.count) {
      loop.spawn {
        while let look = search.next() { search.took(await Self.ask(look, order, user)) }
      }
    }
    return await search.end()
  }

  /// What one cell knows of the order.
  private static func ask(
    _ look: CellLook, _ order: Identifier, _ user: UserID?
  ) async -> Finding {
    let cell = look.cell
    do throws(RedisError) {
      let record = try await cell.client.send(
        RedisCommand("HGET", cell.keys.reserved, "\(OrderKey(of: order))"))
      guard let bytes = record.bytes, let owner = owner(of: order, by: bytes) else {
        return try await look.isVouchedFor() ? .absent : .unknown
      }
      guard user.map({ $0.description == owner }) ?? true else { return .foreign }
      // The fact was written with the reservation, so it is not above what is last now.
      return .reserved(cell, try await look.lastFact())
    } catch {
      return .unknown
    }
  }

  /// A search under way: what is still to be asked, and who waits for the end. Loop-confined.
  private final class Search {
    private var waiting: ArraySlice<CellLook>
    private var unanswered: Int
    private var isKnownEverywhere = true
    private var finding: Finding?
    private var continuation: CheckedContinuation<Void, Never>?

    init(_ looks: [CellLook]) {
      waiting = looks[...]
      unanswered = looks.count
    }

    /// What was found, once it is known. To be called once.
    func end() async -> Finding {
      if finding == nil { await withCheckedContinuation { continuation = $0 } }
      return finding!
    }

    /// The next cell to ask, while nobody has found the order.
    func next() -> CellLook? { finding == nil ? waiting.popFirst() : nil }

    /// Takes what one cell knows: who has the order ends the search, all others must be heard.
    func took(_ finding: Finding) {
      unanswered -= 1
      switch finding {
      case .reserved, .foreign: end(finding)
      case .absent: break
      case .unknown: isKnownEverywhere = false
      }
      if unanswered == 0 { end(isKnownEverywhere ? .absent : .unknown) }
    }

    private func end(_ finding: Finding) {
      guard self.finding == nil else { return }
      self.finding = finding
      continuation?.resume()
      continuation = nil
    }
  }

  /// Whose the order is; nil when the record is of another order with the same key, or malformed.
  private static func owner(of order: Identifier, by record: [UInt8]) -> String? {
    record.withUnsafeBytes { bytes in
      ReservationRecord.user(of: bytes, for: order).map { String(decoding: $0, as: UTF8.self) }
    }
  }
}
