/// A waiting room as an operator defined it.
public struct Room: Sendable, Equatable {
  public let id: Identifier
  public let tenant: TenantID
  public var name: String
  public var terms: RoomTerms
  /// Where admitted visitors go on to; `nil` for wherever they came from.
  public var target: WaitingTarget?
  /// Users who pass without waiting.
  public var bypass: Set<UserID>
  /// Counts the times that all tickets and admissions were revoked; each belongs to one.
  public var generation: Int
  /// The number below the first of the generation.
  public var base: Int
  /// Secrets that tickets and admissions are signed with: the first signs, each verifies.
  public var secrets: [[UInt8]]
  /// The lot that orders the pre-queue.
  public var lot: PrequeueLot?
  /// Counts the changes; Redis takes a version once.
  public var version: Int

  public init(
    id: Identifier, tenant: TenantID, name: String, terms: RoomTerms, target: WaitingTarget?,
    bypass: Set<UserID>, generation: Int, base: Int, secrets: [[UInt8]], lot: PrequeueLot?,
    version: Int
  ) {
    self.id = id
    self.tenant = tenant
    self.name = name
    self.terms = terms
    self.target = target
    self.bypass = bypass
    self.generation = generation
    self.base = base
    self.secrets = secrets
    self.lot = lot
    self.version = version
  }
}

/// The lot of a pre-queue: committed to when the room is made, shown after the draw.
public struct PrequeueLot: Sendable, Equatable {
  /// Secret until the draw; its commitment is public from the start.
  public let seed: ShuffleSeed
  /// Who took part; `nil` before the draw.
  public var draw: PrequeueDraw?

  public init(seed: ShuffleSeed, draw: PrequeueDraw?) {
    self.seed = seed
    self.draw = draw
  }
}

/// The numbers that took part in a draw: `base + 1` to `base + count`.
public struct PrequeueDraw: Sendable, Equatable {
  /// The number below the first that took part.
  public let base: Int
  public let count: Int

  public init(base: Int, count: Int) {
    self.base = base
    self.count = count
  }
}

/// The order that a draw has made of the numbers that took part. Later numbers stay as they are.
public struct PrequeueOrder: Sendable {
  public let draw: PrequeueDraw
  private let places: [UInt32]

  public init(draw: PrequeueDraw, seed: ShuffleSeed) {
    self.draw = draw
    places = Shuffle.places(of: draw.count, seed: seed)
  }

  /// When the ticket with this number is called: lower is earlier.
  @inline(__always)
  public func order(of number: Int) -> Int {
    let index = number - draw.base - 1
    guard index >= 0, index < places.count else { return number }
    return draw.base + 1 + Int(places[index])
  }
}
