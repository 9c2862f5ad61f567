internal import Domain
internal import HotPath
internal import Ledger
internal import Redis

/// A run of stream entries, read and ready for the ledger.
struct FactBatch: Sendable {
  /// The run begins right behind this position…
  let after: StreamPosition
  /// … and ends with the whole entry at this one.
  private(set) var last: StreamPosition
  /// The `run_id` of the server that it was read from.
  let runID: String?
  private(set) var coupons: CouponFacts
  /// Orders and takes.
  private(set) var stock = StockFacts()
  private var terms = TermsReader()
  private let keySalt: Identifier?
  /// The entries' instants by Redis' clock, in milliseconds since 1970.
  private(set) var instants: [Int] = []
  /// The malformed entry behind the run, of which nothing is in it.
  private(set) var malformed: StreamPosition?

  var isEmpty: Bool { instants.isEmpty }
  /// Facts of all kinds.
  var count: Int { coupons.count + stock.count }

  /// Reads the reply to `XREAD`; a null is an empty run.
  ///
  /// - Parameter keySalt: of the cell's tenant, for keys of orders of earlier versions. Without it they are
  ///   malformed: who has none reads a cell that is open in this version's form.
  init(
    _ reply: RedisReply, after: StreamPosition, runID: String?, capacity: Int,
    keySalt: Identifier? = nil
  ) {
    self.keySalt = keySalt
    self.after = after
    self.runID = runID
    last = after
    coupons = CouponFacts(capacity: capacity)
    guard reply.kind == .array, reply.count == 1, reply[0].count == 2 else { return }
    let entries = reply[0][1]
    instants.reserveCapacity(entries.count)
    for index in 0..<entries.count {
      let entry = entries[index]
      guard entry.count == 2, let position = StreamPosition(entry[0].text) else {
        malformed = last
        break
      }
      guard append(entry[1]) else {
        malformed = position
        // A part of it may have been added: what came before is read anew.
        coupons = CouponFacts(capacity: capacity)
        stock = StockFacts()
        for earlier in 0..<index { _ = append(entries[earlier][1]) }
        break
      }
      last = position
      instants.append(position.milliseconds)
    }
  }

  /// Adds the facts of an entry; false when it is malformed. Kinds that are not facts are passed over.
  private mutating func append(_ pairs: RedisReply) -> Bool {
    for index in stride(from: 0, to: pairs.count - 1, by: 2) {
      let kind = pairs[index].bytes
      let payload = pairs[index + 1].bytes
      if kind.elementsEqual(CouponIssuedFact.kind.utf8) {
        guard appendCoupons(payload) else { return false }
      } else if kind.elementsEqual(StockReservedFact.kind.utf8) {
        guard appendOrders(payload) else { return false }
      } else if kind.elementsEqual(StockTakenFact.kind.utf8) {
        guard let take = StockTakenFact(payload: payload) else { return false }
        stock.append(
          takeOf: take.movement, scope: take.scope, sku: take.sku, quantity: take.taken)
      }
    }
    return true
  }

  private mutating func appendCoupons(_ payload: UnsafeRawBufferPointer) -> Bool {
    CouponIssuedFact.read(payload) { coupon in
      coupons.append(
        campaign: coupon.campaign, sequence: coupon.sequence, user: coupon.user,
        ordinal: coupon.ordinal, issuedAt: coupon.issuedAt, record: coupon.idempotency)
    }
  }

  private mutating func appendOrders(_ payload: UnsafeRawBufferPointer) -> Bool {
    // Where in the run the payload's baskets are, once an order has asked for them.
    var numbers: [Int: Int] = [:]
    var last = (basket: 0, number: 0)
    var isRecordable = true
    let isWhole = StockReservedFact.read(payload) { order in
      guard isRecordable else { return }
      if last.basket != order.basket {
        guard let number = numbers[order.basket] ?? appendBasket(of: order) else {
          isRecordable = false
          return
        }
        numbers[order.basket] = number
        last = (order.basket, number)
      }
      let key: OrderKey? =
        switch order.key {
        case .inID(let key): key
        case .digest(let digest): keySalt.map { OrderKey(digest.salted(with: $0)) }
        }
      guard let key else {
        isRecordable = false
        return
      }
      stock.append(order: order.order, user: order.user, key: key, basket: last.number)
    }
    return isWhole && isRecordable
  }

  /// Adds what an order and its like asked for; nil for what no node of a version up to this one wrote.
  private mutating func appendBasket(of order: StockReservedFact.Order) -> Int? {
    guard let terms = terms.read(order.terms),
      let fingerprint = RequestDigest(text: order.fingerprint)
    else { return nil }
    var sums = LineSums(couponLines: terms.coupon?.lines)
    for line in order.lines {
      guard sums.add(PricedLine(quantity: line.quantity, unitPrice: line.unitPrice)) else {
        return nil
      }
      stock.appendLine(sku: line.sku, quantity: line.quantity, unitPrice: line.unitPrice)
    }
    guard let totals = OrderTotals(sums, currency: order.currency, terms: terms) else { return nil }
    return stock.append(
      StockFacts.Basket(
        scope: order.scope, market: order.market, currency: order.currency,
        reservedAt: order.reservedAt, deadline: order.deadline, fingerprint: fingerprint,
        terms: order.terms, totals: totals, coupon: terms.coupon))
  }
}

extension FactBatch {
  /// Writes a read of stream `key` from behind `position`.
  ///
  /// - Parameter block: milliseconds to wait for something new; `nil` not to wait.
  static func writeRead(
    of key: [UInt8], after position: StreamPosition, count: Int, block: Int?,
    into writer: inout RedisCommandWriter
  ) {
    writer.command(argumentCount: block == nil ? 6 : 8)
    writer.argument("XREAD" as StaticString)
    writer.argument("COUNT" as StaticString)
    writer.argument(count)
    if let block {
      writer.argument("BLOCK" as StaticString)
      writer.argument(block)
    }
    writer.argument("STREAMS" as StaticString)
    writer.argument(key)
    writer.argument(position.description)
  }
}

extension CellRecord.Cursor {
  init(_ position: StreamPosition) {
    self.init(milliseconds: position.milliseconds, sequence: position.sequence)
  }
}

extension StreamPosition {
  init(_ cursor: CellRecord.Cursor) {
    self.init(milliseconds: cursor.milliseconds, sequence: cursor.sequence)
  }
}
