/// The rules of issuance in plain Swift: what the claim script must do, one claim at a time.
///
/// The script is the one that decides; this is its specification, and what random tests compare it
/// with.
public struct ClaimRules: Sendable {
  public private(set) var terms: CampaignTerms
  public private(set) var version: Int
  public private(set) var issued = 0
  private var held: [String: [IssuedCoupon]] = [:]
  /// Sequences of coupons that were taken back.
  private var takenBack: Set<Int> = []
  private var records: [String: (fingerprint: String, coupon: IssuedCoupon)] = [:]
  private var arrivals: [String: Double] = [:]

  public init(terms: CampaignTerms, version: Int) {
    self.terms = terms
    self.version = version
  }

  /// Coupons held by all users together.
  public var heldCount: Int { held.values.reduce(0) { $0 + $1.count } }

  /// Users who hold a coupon.
  public var holderCount: Int { held.count }

  /// The coupons of a user in the order in which they were issued, those included that were taken back.
  public func coupons(of user: String) -> [IssuedCoupon] { held[user] ?? [] }

  /// Whether a coupon was taken back.
  public func isTakenBack(_ sequence: Int) -> Bool { takenBack.contains(sequence) }

  /// The coupon that an idempotency key was granted, and the request that it came with.
  public func record(
    of digest: String
  ) -> (fingerprint: String, coupon: IssuedCoupon)? { records[digest] }

  /// When the next request under the campaign's policy would be on time, in milliseconds; `nil` where none
  /// was ever charged.
  public func arrival(of user: String) -> Double? {
    arrivals[terms.ratePolicy?.scope == .user ? user : ""]
  }

  /// Takes changed terms; an older version changes nothing.
  public mutating func change(_ terms: CampaignTerms, version: Int) {
    guard version > self.version else { return }
    self.terms = terms
    self.version = version
  }

  /// Who holds a coupon.
  public func holder(of sequence: Int) -> String? {
    held.first { $0.value.contains { $0.sequence == sequence } }?.key
  }

  /// Takes a coupon back. It goes on to count: its user gets no other for it.
  public mutating func takeBack(sequence: Int) {
    takenBack.insert(sequence)
  }

  /// Decides a claim of `user` at `now`.
  public mutating func claim(
    user: String, idempotency: (digest: String, fingerprint: String)? = nil,
    isEligible: Bool = true, now: Instant
  ) -> ClaimDecision {
    if let policy = terms.ratePolicy, let wait = charge(policy, user: user, now: now) {
      return .rateLimited(retryAfterMilliseconds: wait)
    }
    if let idempotency, let record = records[idempotency.digest] {
      guard record.fingerprint == idempotency.fingerprint else { return .keyReused }
      return takenBack.contains(record.coupon.sequence) ? .takenBack : .replayed(record.coupon)
    }
    if now < terms.opensAt { return .notOpen(until: terms.opensAt) }
    if now >= terms.closesAt { return .closed }
    let coupons = held[user, default: []]
    if coupons.count >= terms.perUserLimit, !coupons.isEmpty {
      let last = coupons.last { !takenBack.contains($0.sequence) }
      return last.map(ClaimDecision.held) ?? .takenBack
    }
    if !isEligible { return .notEligible }
    if issued >= terms.quantity { return .soldOut(version: version) }
    issued += 1
    let coupon = IssuedCoupon(sequence: issued, issuedAt: now)
    held[user] = coupons + [coupon]
    if let idempotency { records[idempotency.digest] = (idempotency.fingerprint, coupon) }
    return .granted(coupon)
  }

  /// GCRA by virtual scheduling; returns the milliseconds to wait when the request does not conform.
  private mutating func charge(_ policy: RatePolicy, user: String, now: Instant) -> Int? {
    let key = policy.scope == .user ? user : ""
    let time = Double(now.milliseconds)
    let interval = Double(policy.windowMilliseconds) / Double(policy.limit)
    let arrival = max(arrivals[key] ?? 0, time)
    let earliest = arrival + interval - interval * Double(policy.burst)
    if earliest > time { return Int((earliest - time).rounded(.up)) }
    arrivals[key] = arrival + interval
    return nil
  }
}
