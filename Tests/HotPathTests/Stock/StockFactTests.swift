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
      \(Self.other) KR 1763678461123 1763679061123 2
      KRW shoe-42:2:9900,sock:1:0 f1 -
      USD a.b_c:100000:1000000000000 f2 t=1|x
      \(Self.order) ann d1 1
      \(Self.other) ben d2 2
      \(Self.order) cat d3 1
      """.replacing("\n", with: " ")
    let head = "\(Self.other) KR"
    #expect(
      read(payload) == [
        "\(Self.order) ann \(head) KRW 1763678461123 1763679061123 shoe-42:2:9900,sock:1:0 d1 f1 -",
        "\(Self.other) ben \(head) USD 1763678461123 1763679061123 a.b_c:100000:1000000000000 d2 f2 t=1|x",
        "\(Self.order) cat \(head) KRW 1763678461123 1763679061123 shoe-42:2:9900,sock:1:0 d3 f1 -",
      ])
    #expect(read("open KR 1 2 1 KRW a:1:1 f - \(Self.order) ann d 1")?.count == 1)
  }

  @Test(arguments: [
    "", "open KR 1 2", "open KR 1 2 ", "open KR 1 2 1 KRW a:1:1 f -",
    "open kr 1 2 1 KRW a:1:1 f - O ann d 1", "shut KR 1 2 1 KRW a:1:1 f - O ann d 1",
    "open KR 1 1 KRW a:1:1 f - O ann d 1", "open KR 1 2 0 O ann d 1",
    "open KR 1 2 1 KRW a:1:1 f O ann d 1", "open KR 1 2 1 KRW a:1:1 f - O ann d",
    "open KR 1 2 1 KRW a:1:1 f - O ann d 2", "open KR 1 2 1 KRW a:1:1 f - O ann d 0",
    "open KR 1 2 2 KRW a:1:1 f - O ann d 1", "open KR 1 2 1 KRW a:1:1 f - O ann d 1 g",
    "open KR 1 2 1 EUR a:1:1 f - O ann d 1", "open KR 1 2 1 KRW a:0:1 f - O ann d 1",
    "open KR 1 2 1 KRW a:1 f - O ann d 1", "open KR 1 2 1 KRW a:1:1, f - O ann d 1",
    "open KR 1 2 1 KRW ,a:1:1 f - O ann d 1", "open KR 1 2 1 KRW a:1:1+ f - O ann d 1",
    "open KR 1 2 1 KRW a:-1:1 f - O ann d 1", "open KR 1 2 1 KRW a:1:1 f - X ann d 1",
    "open KR 1 2 1 KRW a/b:1:1 f - O ann d 1", "open KR 1 2 1 KRW a:1:1 f - O ann d 1 ",
    "open KR 1 2 999999999999999999 KRW a:1:1 f - O ann d 1",
  ])
  func `a malformed reserved fact is refused`(text: String) {
    #expect(read(text.replacing(" O ", with: " \(Self.order) ")) == nil)
  }

  @Test func `a payload with a random byte changed never traps`() {
    var random = SeededGenerator()
    let text =
      "open KR 1763678461123 1763679061123 1 KRW a:2:9900,b:1:5 f1 - \(Self.order) ann d1 1"
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
      reservedAt: Instant(milliseconds: 3 * 86_400_000 + 1), user: "ann", lines: lines)
    #expect(text == "3 ann a:2+,b:1")
    func user(_ text: String) -> String? {
      Array(text.utf8).withUnsafeBytes { bytes in
        ReservationRecord.user(of: bytes).map { String(decoding: $0, as: UTF8.self) }
      }
    }
    #expect(user(text) == "ann")
    for text in ["", "3", "3 ann", "x ann a:1", "3 ann a:1 b", "3 ann a:1 "] {
      #expect(user(text) == nil)
    }
    #expect(
      ReservationRecord.answer(
        fingerprint: "f", order: Identifier(Self.order)!, terms: "t=1",
        deadline: Instant(milliseconds: 9), currency: .won, lines: lines.map(\.line))
        == "f \(Self.order) t=1 9 KRW a:2:5,b:1:0")
  }
}
