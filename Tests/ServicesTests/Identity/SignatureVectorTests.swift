import Testing

@testable import Services

@Suite struct SignatureVectorTests {
  private func holds(_ key: SigningKey, _ signed: String, _ signature: String) throws -> Bool {
    let raw = try #require(Base64URL.decode(signature))
    return Array(signed.utf8).withUnsafeBytes { signed in
      raw.withUnsafeBytes { key.verify($0, of: signed) }
    }
  }

  @Test func `RFC 7515 A.1 HMAC with SHA-256`() throws {
    let ring = try TokenFixture.ring(
      #"""
      {"kty":"oct","kid":"a1","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
      """#)
    let signed =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
      + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    #expect(try holds(ring.keys[0], signed, signature))
    #expect(try !holds(ring.keys[0], signed + " ", signature))
    let made = Array(signed.utf8).withUnsafeBytes { ring.keys[0].sign($0) }
    #expect(Base64URL.encode(made) == signature)
  }

  @Test func `RFC 7515 A.3 ECDSA on P-256`() throws {
    let key = try TokenFixture.key(.es256)
    let signed =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
      + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    let signature =
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    #expect(try holds(key, signed, signature))
    #expect(try !holds(key, signed + "x", signature))
  }

  @Test func `RFC 8037 A.4 Ed25519`() throws {
    let key = try TokenFixture.key(.edDSA)
    let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    let signature =
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    #expect(try holds(key, signed, signature))
    let made = Array(signed.utf8).withUnsafeBytes { key.sign($0) }
    #expect(Base64URL.encode(made) == signature)
  }

  @Test func `RFC 4231 HMAC with a key longer than a block`() throws {
    let key = try SigningKey(id: "k", secret: Array(repeating: 0xAA, count: 131))
    let message = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
    let code = message.withUnsafeBytes { key.sign($0) }
    let text = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(text == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }

  @Test(arguments: SigningAlgorithm.allCases)
  func `signatures of other lengths never hold`(algorithm: SigningAlgorithm) throws {
    let key = try TokenFixture.key(algorithm)
    let message: [UInt8] = [1, 2, 3]
    let signature = message.withUnsafeBytes { key.sign($0) }
    #expect(signature.count == algorithm.signatureCount)
    let forgeries =
      [[], Array(signature.dropLast()), signature + [0]]
      + [[UInt8](repeating: 0, count: signature.count)]
    for forged in forgeries {
      let holds = message.withUnsafeBytes { message in
        forged.withUnsafeBytes { key.verify($0, of: message) }
      }
      #expect(!holds)
    }
  }
}
