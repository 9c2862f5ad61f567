/// What one loop remembers of a campaign that had nothing left when last asked.
///
/// A pure state machine: time comes in as milliseconds, nothing is called. It answers a claim only
/// when it knows that the campaign is exhausted, that this was confirmed a short while ago, and that
/// the user cannot be a holder. All else is asked in Redis.
///
/// Replies and signals travel on different connections, so a reply may tell of a version that a
/// signal has already ended. After a signal nothing is believed until the terms were read again, and
/// then only versions from the one read on.
public struct SoldOutMemory {
  /// How long an answer from Redis is believed: bounds what a lost signal can do.
  public static let lifeMilliseconds: UInt64 = 1_000
  /// How much longer, while one claim is on its way to confirm it.
  public static let probeMilliseconds: UInt64 = 250

  /// Names one collection of holders, which counts only while nothing was forgotten since.
  public struct Collection: Equatable, Sendable {
    let generation: Int
  }

  private var version: Int?
  private var believedUntil: UInt64 = 0
  private var probingSince: UInt64?
  private var filter: HolderFilter?
  private var generation = 0
  /// Older versions are not believed; nothing is while this is `nil`.
  private var floor: Int?

  /// - Parameter version: of the terms that were read.
  public init(version: Int) { floor = version }

  /// True when the campaign was exhausted when last asked.
  public var isExhausted: Bool { version != nil }

  /// True when the campaign was exhausted and its holders are known.
  public var isKnown: Bool { filter != nil }

  /// True when the claim of `user` can be refused without asking.
  ///
  /// - Parameter confirms: whether a claim that is not refused goes to the cell, whose answer is waited for.
  public mutating func refuses(
    _ user: UnsafeRawBufferPointer, now: UInt64, confirms: Bool = true
  ) -> Bool {
    guard let filter else { return false }
    if now >= believedUntil {
      guard let since = probingSince else {
        if confirms { probingSince = now }
        return false
      }
      // No word came back: nothing is known any more until one does.
      guard now < since + Self.probeMilliseconds else { return false }
    }
    return !filter.mayContain(user)
  }

  /// Takes Redis' word that `version` of the campaign is sold out.
  ///
  /// - Returns: the collection to make when the holders must be read for the filter.
  public mutating func confirm(version: Int, now: UInt64) -> Collection? {
    guard let floor, version >= floor else { return nil }
    believedUntil = now + Self.lifeMilliseconds
    probingSince = nil
    guard self.version != version else { return nil }
    generation += 1
    self.version = version
    filter = nil
    return Collection(generation: generation)
  }

  /// Takes the holders that were read for `collection`.
  public mutating func install(_ filter: HolderFilter, for collection: Collection) {
    if collection.generation == generation, version != nil { self.filter = filter }
  }

  /// Forgets all: a coupon was issued, a release, a rebuild, or a doubt.
  public mutating func forget() {
    generation += 1
    version = nil
    filter = nil
    probingSince = nil
    believedUntil = 0
  }

  /// Forgets all and believes nothing until the terms are read again: a signal said that they changed.
  public mutating func distrust() {
    forget()
    floor = nil
  }

  /// Takes the version of the terms as they were just read.
  public mutating func trust(from version: Int) {
    if let floor, version > floor { forget() }
    floor = version
  }
}
