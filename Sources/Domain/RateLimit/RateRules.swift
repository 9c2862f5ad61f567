/// The rules of rate limiting in plain Swift: what the script that charges must do, one request at a
/// time.
///
/// The script is the one that decides; this is its specification, and what random tests compare it
/// with.
public struct RateRules: Sendable {
  /// What is asked for.
  public enum Action: Sendable, CaseIterable {
    /// Take the cost if all policies agree, and nothing otherwise.
    case charge
    /// Tell what a charge would bring, and change nothing.
    case peek
    /// Give the cost back.
    case refund
  }

  /// One policy that a request comes under, and the key that counts it there.
  public struct Item: Sendable {
    public let key: String
    public let quota: RateQuota
    /// A policy on trial: it is told of, and counts, but refuses nothing.
    public let isShadow: Bool

    public init(key: String, quota: RateQuota, isShadow: Bool = false) {
      self.key = key
      self.quota = quota
      self.isShadow = isShadow
    }
  }

  /// What became of a request.
  public struct Decision: Sendable, Equatable {
    public let isAllowed: Bool
    /// For each item whether the request conformed to it, and its lead afterwards.
    public let standings: [RateStanding]

    public init(isAllowed: Bool, standings: [RateStanding]) {
      self.isAllowed = isAllowed
      self.standings = standings
    }
  }

  private var arrivals: [String: TheoreticalArrival] = [:]

  public init() {}

  /// What a key was last charged to; `nil` where it has nothing to give back.
  public func arrival(of key: String) -> TheoreticalArrival? { arrivals[key] }

  /// Decides a request at `now`, in microseconds.
  public mutating func decide(
    _ action: Action, cost: Int, items: [Item], now: Int
  ) -> Decision {
    let leads = items.map { item in
      arrivals[item.key].map { item.quota.lead(of: $0, at: now) } ?? 0
    }
    if action == .refund {
      let refunded = zip(items, leads).map { $0.quota.refunded($1, cost: cost) }
      store(items, refunded, now)
      return Decision(
        isAllowed: true, standings: refunded.map { RateStanding(conforms: true, lead: $0) })
    }
    let charged = zip(items, leads).map { $0.quota.charged($1, cost: cost) }
    let isAllowed = zip(items, charged).allSatisfy { $0.isShadow || $1 != nil }
    let after = zip(leads, charged).map { lead, next in
      isAllowed && action == .charge ? next ?? lead : lead
    }
    if isAllowed, action == .charge { store(items, after, now) }
    return Decision(
      isAllowed: isAllowed,
      standings: zip(charged, after).map { RateStanding(conforms: $0 != nil, lead: $1) })
  }

  private mutating func store(_ items: [Item], _ leads: [Int], _ now: Int) {
    for (item, lead) in zip(items, leads) {
      arrivals[item.key] = lead > 0 ? item.quota.arrival(lead: lead, at: now) : nil
    }
  }
}

/// Where a key stands under its quota after a request.
public struct RateStanding: Sendable, Equatable {
  /// Whether the request was within the quota.
  public let conforms: Bool
  /// In `limit`ths of a microsecond; see ``RateQuota``.
  public let lead: Int

  public init(conforms: Bool, lead: Int) {
    self.conforms = conforms
    self.lead = lead
  }
}
