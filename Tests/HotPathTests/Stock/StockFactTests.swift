import Domain
import TestSupport
import Testing

@testable import HotPath

@Suite struct StockFactTests {
  private static let order = "0190a000-0000-7000-8000-000000000001"
  private static let other = "0190a000-0000-7000-8000-000000000002"

  private func read(_ payload: String) -> [String]? {
    var orders: [String] = []
    let isWhole = Array(payload.utf8).withUnsafeBytes { bytes in
      StockReservedFact.read(bytes) { order in
        let lines = order.lines.map {
          "\(String(decoding: $0.sku, as: UTF8.self)):\($0.quantity):\($0.unitPrice)"
        }
        orders.append(
          [
            "\(order.order)", text(order.user), "\(order.scope)", text(order.market),
            order.currency.rawValue, "\(order.reservedAt.milliseconds)",
            "\(order.deadline.milliseconds)", lines.joined(separator: ","), text(order.digest),
            text(order.fingerprint), text(order.terms),
          ].joined(separator: " "))
      }
    }
    return isWhole ? orders : nil
  }

  private func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  @Test func `a reserved fact is read line by line`() {
    let payload = """
      \(Self.other) KR 1763678461123 1763679061123
      \(Self.order) ann KRW shoe-42:2:9900,sock:1:0 d1 f1 -
      \(Self.other) ben USD a.b_c:100000:1000000000000 d2 f2 t=1|x
      """.replacing("\n", with: " ")
    #expect(
      read(payload) == [
        "\(Self.order) ann \(Self.other) KR KRW 1763678461123 1763679061123 shoe-42:2:9900,sock:1:0 d1 f1 -",
        "\(Self.other) ben \(Self.other) KR USD 1763678461123 1763679061123 a.b_c:100000:1000000000000 d2 f2 t=1|x",
      ])
    #expect(read("open KR 1 2 \(Self.order) ann KRW a:1:1 d f -")?.count == 1)
  }

  @Test(arguments: [
    "", "open KR 1 2", "open KR 1 2 ", "open kr 1 2 O ann KRW a:1:1 d f -",
    "shut KR 1 2 O ann KRW a:1:1 d f -", "open KR 1 O ann KRW a:1:1 d f -",
    "open KR 1 2 O ann KRW a:1:1 d -", "open KR 1 2 O ann KRW a:1:1 d f",
    "open KR 1 2 O ann KRW a:1:1 d f - g",
    "open KR 1 2 O ann EUR a:1:1 d f -", "open KR 1 2 O ann KRW a:0:1 d f -",
    "open KR 1 2 O ann KRW a:1 d f -", "open KR 1 2 O ann KRW a:1:1, d f -",
    "open KR 1 2 O ann KRW ,a:1:1 d f -", "open KR 1 2 O ann KRW a:1:1+ d f -",
    "open KR 1 2 O ann KRW a:-1:1 d f -", "open KR 1 2 X ann KRW a:1:1 d f -",
    "open KR 1 2 O ann KRW a/b:1:1 d f -", "open KR 1 2 O ann KRW a:1:1 d f - ",
  ])
  func `a malformed reserved fact is refused`(text: String) {
    #expect(read(text.replacing(" O ", with: " \(Self.order) ")) == nil)
  }

  @Test func `a payload with a random byte changed never traps`() {
    var random = SeededGenerator()
    let text = "open KR 1763678461123 1763679061123 \(Self.order) ann KRW a:2:9900,b:1:5 d1 f1 -"
    for _ in 0..<3000 {
      var payload = Array(text.utf8)
      payload[Int.random(in: 0..<payload.count, using: &random)] = UInt8(random.next() & 0xFF)
      payload.withUnsafeBytes { bytes in
        _ = StockReservedFact.read(bytes) { order in for _ in order.lines {} }
      }
    }
  }

  @Test func `a taken fact is read, a malformed one is not`() {
    func fact(_ text: String) -> StockTakenFact? {
      Array(text.utf8).withUnsafeBytes { StockTakenFact(payload: $0) }
    }
    let fact0 = fact("\(Self.order) open a-1 0 1763678461123")
    #expect(fact0?.movement == Identifier(Self.order) && fact0?.scope == .open)
    #expect(fact0?.sku == SKU("a-1") && fact0?.taken == 0)
    #expect(fact0?.takenAt == Instant(milliseconds: 1_763_678_461_123))
    #expect(fact("\(Self.order) \(Self.other) a 7 1")?.scope == .sale(Identifier(Self.other)!))
    for text in ["", "\(Self.order) open a 7", "\(Self.order) open a 7 1 2", "x open a 7 1"] {
      #expect(fact(text) == nil)
    }
  }

  @Test func `a record for a rebuild is read as it was written`() throws {
    let lines = [
      (line: OrderLine(sku: SKU("a")!, quantity: 2, unitPrice: 5), isCounted: true),
      (line: OrderLine(sku: SKU("b")!, quantity: 1, unitPrice: 0), isCounted: false),
    ]
    let text = ReservationRecord.text(
      reservedAt: Instant(milliseconds: 3 * 86_400_000 + 1), scope: .open, user: "ann",
      currency: .dollar, lines: lines)
    #expect(text == "3 open ann USD a:2:5+,b:1:0")
    try Array(text.utf8).withUnsafeBytes { bytes in
      let fields = try #require(ReservationRecord.read(bytes))
      #expect(fields.day == 3 && fields.scope == .open && fields.currency == .dollar)
      #expect(fields.lines.map(\.isCounted) == [true, false])
      #expect(fields.lines.map(\.quantity) == [2, 1])
    }
    #expect(
      ReservationRecord.answer(
        fingerprint: "f", order: Identifier(Self.order)!, terms: "t=1",
        deadline: Instant(milliseconds: 9), currency: .won, lines: lines.map(\.line))
        == "f \(Self.order) t=1 9 KRW a:2:5,b:1:0")
  }
}
