public import Domain

/// The names of a cell's keys. All carry the cell as their hash tag, so that they share one slot.
public struct CellKeys: Sendable {
  public let cell: CellName
  public let lease: [UInt8]
  public let stream: [UInt8]
  public let rebuild: [UInt8]
  public let trimmed: [UInt8]
  /// Present while all that the ledger has is in the cell, in this version's ``form``.
  public let complete: [UInt8]
  /// The furthest cursor that the ledger has told.
  public let told: [UInt8]
  /// How all of them begin.
  public let all: [UInt8]
  /// Where changes of the cell are told: not a key, but named like one.
  public let channel: [UInt8]
  /// What each order has reserved, by its ``OrderKey``: a hash of ``ReservationRecord``s.
  public let reserved: [UInt8]
  /// The pieces of each product that were reserved on a day: one bucket for every day since 1970 whose
  /// number leaves the same rest. See ``popular(day:)``.
  public let popular: [[UInt8]]
  /// The first answers to the idempotency keys of the orders of a day that have nothing reserved any more, in
  /// buckets like ``popular``. See ``answers(day:)``.
  public let answers: [[UInt8]]
  /// The same of the form before: a process of that form has filled the cell since, if it is there.
  public let earlierComplete: [UInt8]
  private let prefix: String

  /// The form of what cells keep. It changes when contents are no longer what versions before take them for: a
  /// cell whose contents are of another form is rebuilt from the ledger before it opens, and closed to processes
  /// of other forms from then on. 2: orders by their keys (decision 0044).
  public static let form = 2

  /// Buckets of popularity; a bucket has gone long before its turn comes again.
  public static let popularBuckets = 5
  /// Days for which a bucket is kept, the day itself included.
  public static let popularDays = 4

  /// Buckets of answers: that of the day and the one before are looked at, the third is dropped.
  public static let answerBuckets = 3
  /// Days whose answers count, today included.
  public static let answerDays = 2

  /// When the bucket of answers of a day goes, in milliseconds since 1970: an hour after the day behind
  /// it is over.
  public static func endOfAnswers(day: Int) -> Int { (day + answerDays) * 86_400_000 + 3_600_000 }

  public init(_ cell: CellName) {
    self.cell = cell
    prefix = "spillway:{\(cell.text)}:"
    lease = Array("\(prefix)lease".utf8)
    stream = Array("\(prefix)stream".utf8)
    rebuild = Array("\(prefix)rebuild".utf8)
    trimmed = Array("\(prefix)trimmed".utf8)
    earlierComplete = Array("\(prefix)complete".utf8)
    told = Array("\(prefix)told".utf8)
    all = Array(prefix.utf8)
    complete = Array("\(prefix)complete:\(Self.form)".utf8)
    channel = Array("\(prefix)signal".utf8)
    reserved = Array("\(prefix)reserved".utf8)
    let prefix = prefix
    popular = (0..<Self.popularBuckets).map { Array("\(prefix)popular:\($0)".utf8) }
    answers = (0..<Self.answerBuckets).map { Array("\(prefix)answers:\($0)".utf8) }
  }

  public func campaign(_ id: Identifier) -> [UInt8] { Array("\(prefix)campaign:\(id)".utf8) }

  public func holders(_ id: Identifier) -> [UInt8] { Array("\(prefix)holders:\(id)".utf8) }

  public func idempotency(digest: String) -> [UInt8] {
    Array("\(prefix)idempotency:\(digest)".utf8)
  }

  /// The terms of a sale; for ``StockScope/open`` a key that is not there.
  public func sale(_ scope: StockScope) -> [UInt8] { Array("\(prefix)sale:\(scope)".utf8) }

  /// The counts of an account of stock.
  public func stock(_ scope: StockScope, _ sku: SKU) -> [UInt8] {
    Array("\(prefix)stock:\(scope):\(sku)".utf8)
  }

  /// What each user has reserved or bought of an account with a limit.
  public func bought(_ scope: StockScope, _ sku: SKU) -> [UInt8] {
    Array("\(prefix)bought:\(scope):\(sku)".utf8)
  }

  /// The answer to a movement of stock out of an account.
  public func taken(_ movement: Identifier) -> [UInt8] {
    Array("\(prefix)taken:\(movement)".utf8)
  }

  /// The bucket of popularity of the day that is so many days after 1970-01-01, in UTC.
  public func popular(day: Int) -> [UInt8] { popular[day % Self.popularBuckets] }

  /// The bucket of answers of the day that is so many days after 1970-01-01, in UTC: a hash of
  /// ``ReservationRecord``s by ``OrderKey``. Gone an hour after the day behind it is over.
  public func answers(day: Int) -> [UInt8] { answers[day % Self.answerBuckets] }

  /// How the keys of all sales, of all accounts of stock, of all that was bought, or of all answers to
  /// movements begin.
  public var stockPrefixes: (sales: [UInt8], stock: [UInt8], bought: [UInt8], taken: [UInt8]) {
    (
      Array("\(prefix)sale:".utf8), Array("\(prefix)stock:".utf8),
      Array("\(prefix)bought:".utf8), Array("\(prefix)taken:".utf8)
    )
  }

  /// How the keys of all campaigns, of all holders, or of all idempotency records begin.
  public var prefixes: (campaigns: [UInt8], holders: [UInt8], records: [UInt8]) {
    (
      Array("\(prefix)campaign:".utf8), Array("\(prefix)holders:".utf8), idempotency(digest: "")
    )
  }

  /// Where the arrival time of a campaign's rate policy is kept, for all or for one user.
  public func rate(_ id: Identifier, user: String?) -> [UInt8] {
    Array("\(prefix)rate:\(id)\(user.map { ":\($0)" } ?? "")".utf8)
  }
}
