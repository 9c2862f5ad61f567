import Domain
import Testing

@testable import HotPath

@Suite struct RateBatchTests {
  private static let keys = RateKeys(TenantID("shop")!)

  private static func policy(_ limit: Int = 6) -> HotRatePolicy {
    HotRatePolicy(
      quota: RateQuota(limit: limit, windowSeconds: 60, burst: 3)!, isShadow: false)
  }

  private static func item(_ policy: HotRatePolicy, _ name: String, _ user: String) -> RateItem {
    RateItem(policy: policy, key: keys.key(policy: name, RateSubject(user: user)))
  }

  @Test func `a key that all requests share is sent once, a user's own for each`() {
    let (own, shared) = (Self.policy(), Self.policy())
    let batch = RateBatch(
      ["ann", "ben", "cat"].map {
        RateOperation(
          .charge, cost: 1, items: [Self.item(own, "own", $0), Self.item(shared, "all", "")])
      })
    #expect(batch.keyCount == 4)
    // Two policies of six numbers, three requests of three, six items of two, and two counts.
    #expect(batch.argumentCount == 2 + 12 + 9 + 12)
  }

  @Test func `keys name the tenant in their tag, and keep subjects apart`() throws {
    func text(_ subject: RateSubject) -> String {
      String(decoding: Self.keys.key(policy: "p", subject), as: UTF8.self)
    }
    #expect(text(RateSubject()) == "spillway:{rate.shop}:p")
    #expect(text(RateSubject(user: "a:i=192.0.2.1")) == "spillway:{rate.shop}:p:u=a:i=192.0.2.1")
    let address = try #require(IPAddress("192.0.2.1"))
    #expect(
      text(RateSubject(endpoint: "claimCoupon", apiKey: "0f", address: address, user: "a"))
        == "spillway:{rate.shop}:p:e=claimCoupon:k=0f:i=192.0.2.1:u=a")
    // A user who chose a name with the look of another part is still somebody else.
    #expect(
      text(RateSubject(user: "a:i=192.0.2.1")) != text(RateSubject(address: address, user: "a")))
  }

  @Test func `a reply is read in the order of its requests`() throws {
    let (six, three) = (Self.policy(6), Self.policy(3))
    let items = [Self.item(six, "six", "ann"), Self.item(three, "three", "")]
    let text = "1700000000000000\nA+10000000+333333:1\nD-30000000+0\nA\n"
    let verdicts = try Array(text.utf8).withUnsafeBytes { bytes in
      var reply = try #require(RateReply(bytes))
      return [
        reply.next(items, sentAt: 7), reply.next(items, sentAt: 7), reply.next([], sentAt: 7),
        reply.next(items, sentAt: 7),
      ]
    }
    #expect(
      verdicts[0]
        == RateVerdict(
          isAllowed: true,
          standings: [
            RateStanding(conforms: true, lead: 60_000_000),
            RateStanding(conforms: true, lead: 1_000_000),
          ], sentAt: 7))
    #expect(verdicts[1]?.isAllowed == false)
    #expect(verdicts[1]?.standings.map(\.conforms) == [false, true])
    #expect(verdicts[2] == RateVerdict(isAllowed: true, standings: [], sentAt: 7))
    #expect(verdicts[3] == nil)
  }

  @Test(arguments: [
    "", "x", "1\nA", "1\nB+0", "1\nA*0", "1\nA+", "1\nA+1:", "1\nA+1:6", "1\nA+99999999999999999",
  ]) func `a malformed reply is refused`(text: String) {
    let items = [Self.item(Self.policy(), "six", "ann")]
    let verdict = Array(text.utf8).withUnsafeBytes { bytes in
      var reply = RateReply(bytes)
      return reply?.next(items, sentAt: 0)
    }
    #expect(verdict == nil)
  }
}
