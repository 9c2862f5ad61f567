/// What one loop remembers of a campaign that had nothing left when last asked.
///
/// A pure state machine: time comes in as milliseconds, nothing is called. It answers a claim only
/// when it knows that the campaign is exhausted, that this was confirmed a short while ago, and that
/// the user cannot be a holder. All else is asked in Redis.
public struct SoldOutMemory {
  /// How long an answer from Redis is believed: bounds what a lost signal can do.
  public static let lifeMilliseconds: UInt64 = 1_000
  /// How much longer, while one claim is on its way to confirm it.
  public static let probeMilliseconds: UInt64 = 250

  private var version: Int?
  private var believedUntil: UInt64 = 0
  private var probingSince: UInt64?
  private var filter: HolderFilter?

  public init() {}

  /// True when the campaign was exhausted and its holders are known.
  public var isKnown: Bool { filter != nil }

  /// True when the claim of `user` can be refused without asking.
  public mutating func refuses(_ user: UnsafeRawBufferPointer, now: UInt64) -> Bool {
    guard version != nil, let filter else { return false }
    if now >= believedUntil {
      guard let since = probingSince, now < since + Self.probeMilliseconds else {
        probingSince = now
        return false
      }
    }
    return !filter.mayContain(user)
  }

  /// Takes Redis' word that `version` of the campaign is sold out.
  ///
  /// - Returns: true when the holders must be collected for the filter.
  public mutating func confirm(version: Int, now: UInt64) -> Bool {
    believedUntil = now + Self.lifeMilliseconds
    probingSince = nil
    guard self.version != version else { return false }
    self.version = version
    filter = nil
    return true
  }

  /// Takes the holders as collected after `version` was known to be sold out.
  public mutating func install(_ filter: HolderFilter, version: Int) {
    if self.version == version { self.filter = filter }
  }

  /// Forgets all: a restock, a release, a rebuild, or a doubt.
  public mutating func forget() { self = SoldOutMemory() }
}
