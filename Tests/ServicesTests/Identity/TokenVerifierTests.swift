import Domain
import TestSupport
import Testing

@testable import Services

@Suite struct TokenVerifierTests {
  private let verifier: TokenVerifier
  private let signer: TokenSigner

  init() throws {
    let key = try TokenFixture.key(.hs256)
    verifier = TokenVerifier(ring: try KeyRing([key]))
    signer = try TokenSigner(key: key)
  }

  private func refusal(of payload: String) -> TokenRefusal? {
    verifier.verify(signer.sign(payload: Array(payload.utf8))).refusal
  }

  @Test(arguments: SigningAlgorithm.allCases)
  func `what was signed is accepted, by each algorithm`(algorithm: SigningAlgorithm) throws {
    let key = try TokenFixture.key(algorithm)
    let verifier = TokenVerifier(ring: try KeyRing([key]))
    var claims = TokenFixture.claims(
      user: UserID("a\"\\/~")!, roles: RoleSet([.user, .marketingManager]))
    claims.market = "kr"
    claims.notBefore = TokenFixture.now
    let principal = try verifier.verify(TokenSigner(key: key).sign(claims)).get()
    #expect(principal.user.description == "a\"\\/~")
    #expect(principal.tenant == TokenFixture.tenant)
    #expect(principal.roles == RoleSet([.user, .marketingManager]))
    #expect(principal.may([.couponClaim, .campaignWrite]))
    #expect(!principal.may(.cellRead))
    #expect(principal.market == "kr")
    #expect(principal.expiresAt == claims.expiresAt)
  }

  @Test(arguments: SigningAlgorithm.allCases)
  func `no character of a token can be changed`(algorithm: SigningAlgorithm) throws {
    let key = try TokenFixture.key(algorithm)
    let verifier = TokenVerifier(ring: try KeyRing([key]))
    let token = Array(try TokenSigner(key: key).sign(TokenFixture.claims()).utf8)
    // The slow algorithms at every third place; the last one, whose low bits mean nothing, always.
    let step = algorithm == .hs256 ? 1 : 3
    for position in [token.count - 1] + Array(stride(from: 0, to: token.count, by: step)) {
      var changed = token
      changed[position] = changed[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : 0x41
      let text = String(decoding: changed, as: UTF8.self)
      #expect(verifier.verify(text).refusal != nil, "at \(position)")
      changed = token
      // The next character of the alphabet often differs in the lowest bit only.
      changed[position] ^= 1
      let flipped = String(decoding: changed, as: UTF8.self)
      #expect(verifier.verify(flipped).refusal != nil, "at \(position)")
    }
  }

  @Test func `a token in another shape is refused`() {
    let token = signer.sign(TokenFixture.claims())
    let parts = token.split(separator: ".").map(String.init)
    for text in [
      "", ".", "..", "...", "a", "a.b", parts[0], "\(parts[0]).\(parts[1])",
      "\(parts[0]).\(parts[1]).", "\(parts[0])..\(parts[2])", ".\(parts[1]).\(parts[2])",
      token + ".", token + "=", token + "A", " " + token, token + "\n", token + ".\(parts[2])",
    ] {
      #expect(verifier.verify(text).refusal != nil, "\(text)")
    }
    #expect(verifier.verify(String(repeating: "a", count: 4097)).refusal == .tooLong)
  }

  @Test func `times are checked with the leeway, to the millisecond`() throws {
    var claims = TokenFixture.claims()
    claims.notBefore = TokenFixture.now + .seconds(30)
    let token = signer.sign(claims)
    let last = claims.expiresAt + .milliseconds(29_999)
    #expect(verifier.verify(token).refusal == nil)
    #expect(
      verifier.verify(token, now: TokenFixture.now - .milliseconds(1)).refusal == .notYetValid)
    #expect(verifier.verify(token, now: last).refusal == nil)
    #expect(verifier.verify(token, now: last + .milliseconds(1)).refusal == .expired)
  }

  @Test func `another tenant's token is refused`() {
    let token = signer.sign(TokenFixture.claims())
    #expect(verifier.verify(token, tenant: TenantID("demo2")!).refusal == .wrongTenant)
    #expect(verifier.verify(token, tenant: TenantID("dem")!).refusal == .wrongTenant)
  }

  @Test(
    arguments: [
      (#"{"aud":"spillway","app_id":"demo","sub":"u","exp":9999999999}"#, nil),
      (#" { "aud" : [ "x" , "spillway" ] , "app_id":"demo","sub":"u","exp":9999999999.5 } "#, nil),
      (#"{"\u0061ud":"spill\u0077ay","app_id":"d\u0065mo","sub":"a\/b","exp":9999999999}"#, nil),
      (
        #"{"aud":"spillway","app_id":"demo","sub":"u","exp":9999999999,"x":{"exp":1,"y":[null]}}"#,
        nil
      ),
      (#"{"aud":"spillway","app_id":"demo","sub":"u","exp":9999999999,"roles":"ADMIN"}"#, nil),
      (#"{"aud":"spillway","app_id":"demo","sub":"u"}"#, .malformed),
      (#"{"aud":"spillway","app_id":"demo","sub":"u","exp":"9999999999"}"#, .malformed),
      (#"{"aud":"spillway","app_id":"demo","sub":"u","exp":1e300}"#, .malformed),
      (#"{"aud":"spillway","app_id":"demo","sub":"u","exp":99999999999999999999}"#, .malformed),
      (#"{"aud":"spillway","app_id":"demo","sub":"u","exp":-1}"#, .expired),
      (#"{"aud":"spillway","app_id":"demo","sub":"u","exp":null}"#, .malformed),
      (#"{"aud":"other","app_id":"demo","sub":"u","exp":9999999999}"#, .wrongAudience),
      (
        #"{"aud":["spillwa","spillwayy"],"app_id":"demo","sub":"u","exp":9999999999}"#,
        .wrongAudience
      ),
      (#"{"app_id":"demo","sub":"u","exp":9999999999}"#, .wrongAudience),
      (#"{"aud":[],"app_id":"demo","sub":"u","exp":9999999999}"#, .wrongAudience),
      (#"{"aud":{"a":"spillway"},"app_id":"demo","sub":"u","exp":9999999999}"#, .malformed),
      (#"{"aud":"spillway","sub":"u","exp":9999999999}"#, .wrongTenant),
      (#"{"aud":"spillway","app_id":"Demo","sub":"u","exp":9999999999}"#, .wrongTenant),
      (#"{"aud":"spillway","app_id":["demo"],"sub":"u","exp":9999999999}"#, .malformed),
      (#"{"aud":"spillway","app_id":"demo","exp":9999999999}"#, .badSubject),
      (#"{"aud":"spillway","app_id":"demo","sub":"","exp":9999999999}"#, .badSubject),
      (#"{"aud":"spillway","app_id":"demo","sub":"a b","exp":9999999999}"#, .badSubject),
      (#"{"aud":"spillway","app_id":"demo","sub":"\u0000","exp":9999999999}"#, .badSubject),
      (#"{"aud":"spillway","app_id":"demo","sub":"\ud800","exp":9999999999}"#, .badSubject),
      (#"{"aud":"spillway","app_id":"demo","sub":7,"exp":9999999999}"#, .malformed),
      (#"{"aud":"spillway","app_id":"demo","sub":"u","exp":1,"exp":9999999999}"#, .malformed),
      (#"{"aud":"spillway","app_id":"demo","sub":"u","sub":"v","exp":9999999999}"#, .malformed),
      (
        #"{"aud":"spillway","app_id":"x","sub":"u","exp":9999999999,"\u0061pp_id":"demo"}"#,
        .malformed
      ),
      (#"{"aud":"spillway","app_id":"demo","sub":"u","exp":9999999999}{}"#, .malformed),
      (#"{"aud":"spillway","app_id":"demo","sub":"u","exp":9999999999,}"#, .malformed),
      (#"{"aud":"spillway","app_id":"demo","sub":"u","exp":9999999999"#, .malformed),
      ("[]", .malformed), ("", .malformed), ("null", .malformed), ("{", .malformed),
    ] as [(String, TokenRefusal?)])
  func `signed claims are held to their rules`(payload: String, expected: TokenRefusal?) {
    #expect(refusal(of: payload) == expected)
  }

  @Test func `unknown roles count for nothing and the platform's for nothing elsewhere`() throws {
    let payload = #"""
      {"aud":"spillway","app_id":"demo","sub":"u","exp":9999999999,
       "roles":["BUYER","GOD","PLATFORM_SUPER_ADMIN","user"]}
      """#
    let token = signer.sign(payload: Array(payload.utf8))
    let principal = try verifier.verify(token).get()
    #expect(principal.roles == RoleSet([.user, .platformSuperAdmin]))
    #expect(principal.permissions == PermissionSet(of: .user))
    let platform = TokenVerifier(ring: verifier.ring, platformTenant: TokenFixture.tenant)
    #expect(try platform.verify(token).get().permissions == .all)
  }

  @Test func `random bytes and broken tokens never do more than be refused`() {
    var random = SeededGenerator()
    let token = Array(signer.sign(TokenFixture.claims()).utf8)
    let payload = TokenFixture.claims().json
    for round in 0..<4000 {
      var bytes = round % 2 == 0 ? token : payload
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let position = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[position] = UInt8.random(in: 0 ... .max, using: &random)
        case 1 where bytes.count > 1: bytes.remove(at: position)
        case 2:
          bytes.insert(Array("{}[]\",:\\.eu-0".utf8).randomElement(using: &random)!, at: position)
        default: bytes.removeSubrange(max(1, position)...)
        }
      }
      if round % 2 == 0 {
        let result = bytes.withUnsafeBytes {
          verifier.verify(bytes: $0, tenant: TokenFixture.tenant, now: TokenFixture.now)
        }
        #expect(bytes == token || result.refusal != nil, "seed \(random.seed)")
      } else {
        // Signed by us, so that it reaches the scanner; any answer will do, a crash will not.
        _ = verifier.verify(signer.sign(payload: bytes))
      }
    }
  }
}
