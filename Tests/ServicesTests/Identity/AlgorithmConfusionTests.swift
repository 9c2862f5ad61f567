import Domain
import Testing

@testable import Services

@Suite struct AlgorithmConfusionTests {
  private func token(header: String, signedBy key: SigningKey) -> String {
    var text = Base64URL.encode(header.utf8) + "."
    text += Base64URL.encode(TokenFixture.claims().json)
    let signature = Array(text.utf8).withUnsafeBytes { key.sign($0) }
    return text + "." + Base64URL.encode(signature)
  }

  @Test func `a token without a signature is refused however it is spelled`() throws {
    let verifier = TokenVerifier(ring: try KeyRing([TokenFixture.key(.hs256)]))
    let payload = Base64URL.encode(TokenFixture.claims().json)
    for algorithm in ["none", "None", "NONE", ""] {
      let header = Base64URL.encode(#"{"alg":"\#(algorithm)","kid":"hs"}"#.utf8)
      #expect(verifier.verify("\(header).\(payload).").refusal == .wrongAlgorithm)
    }
  }

  @Test(arguments: [SigningAlgorithm.es256, .edDSA])
  func `a public key does not serve as a secret`(algorithm: SigningAlgorithm) throws {
    let key = try TokenFixture.key(algorithm)
    let verifier = TokenVerifier(ring: try KeyRing([key]))
    // What an attacker knows: the public bytes of the key, used as an HMAC secret.
    let known = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    let forger = try SigningKey(id: key.id, secret: Base64URL.decode(known)!)
    let forged = try TokenSigner(key: forger).sign(TokenFixture.claims())
    #expect(verifier.verify(forged).refusal == .wrongAlgorithm)
    let claimed = token(
      header: #"{"alg":"\#(algorithm.rawValue)","kid":"\#(key.id)"}"#, signedBy: forger)
    #expect(verifier.verify(claimed).refusal == .badSignature)
  }

  @Test func `the header of another issuer is understood`() throws {
    let key = try TokenFixture.key(.hs256)
    let verifier = TokenVerifier(ring: try KeyRing([key]))
    for header in [
      #"{"kid":"hs","alg":"HS256"}"#, #" { "typ" : "at+JWT", "alg":"HS256", "kid":"h\u0073" } "#,
      #"{"alg":"HS256","kid":"hs","jwk":{"kty":"oct","k":"x"},"n":[1,2]}"#,
    ] {
      #expect(verifier.verify(token(header: header, signedBy: key)).refusal == nil, "\(header)")
    }
  }

  @Test(arguments: [
    (#"{"alg":"HS256"}"#, TokenRefusal.unknownKey), (#"{"alg":"HS256","kid":""}"#, .unknownKey),
    (#"{"alg":"HS256","kid":"other"}"#, .unknownKey),
    (#"{"alg":"HS512","kid":"hs"}"#, .wrongAlgorithm),
    (#"{"alg":"hs256","kid":"hs"}"#, .wrongAlgorithm),
    (#"{"alg":"HS256","kid":"hs","crit":["exp"]}"#, .malformed),
    (#"{"alg":"HS256","kid":"hs","typ":"JWE"}"#, .malformed),
    (#"{"alg":"none","alg":"HS256","kid":"hs"}"#, .malformed),
    (#"{"alg":"HS256","kid":"a","kid":"hs"}"#, .malformed),
    (#"{"kid":"hs"}"#, .malformed), (#"{"alg":256,"kid":"hs"}"#, .malformed), ("", .malformed),
  ])
  func `other headers are refused though the signature is right`(
    header: String, expected: TokenRefusal
  ) throws {
    let key = try TokenFixture.key(.hs256)
    let verifier = TokenVerifier(ring: try KeyRing([key]))
    #expect(verifier.verify(token(header: header, signedBy: key)).refusal == expected)
  }

  @Test func `a key of the same name in another ring does not count`() throws {
    let other = try SigningKey(id: "hs", secret: Array(repeating: 7, count: 32))
    let verifier = TokenVerifier(ring: try KeyRing([TokenFixture.key(.hs256)]))
    let token = try TokenSigner(key: other).sign(TokenFixture.claims())
    #expect(verifier.verify(token).refusal == .badSignature)
  }
}
