import Domain
import Foundation
import Testing

@testable import Services

@Suite struct KeyRingTests {
  private let secret = Base64URL.encode(TokenFixture.secret)

  @Test func `a set is read, and keys of other types and uses are passed over`() throws {
    let ring = try TokenFixture.ring(
      #"""
      {"keys":[{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"},
        {"kty":"oct","kid":"e","use":"enc","k":"\#(secret)"},
        {"kty":"oct","kid":"h5","alg":"HS512","k":"\#(secret)"},
        {"kty":"EC","crv":"P-384","kid":"p","x":"AA","y":"AA"},
        {"kty":"OKP","crv":"Ed25519","kid":"public","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty":"oct","kid":"ours","use":"sig","alg":"HS256","k":"\#(secret)"},
        \#(TokenFixture.es256)]}
      """#)
    #expect(ring.keys.map(\.id) == ["public", "ours", "es"])
    #expect(ring.keys.map(\.canSign) == [false, true, true])
    #expect(ring.signing?.id == "ours")
    #expect(throws: KeyError.self) { try TokenSigner(key: ring.keys[0]) }
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"keys":[]}"#, #"{"keys":[{"kid":"a"}]}"#,
    #"{"keys":[{"kty":"RSA","kid":"r"}]}"#, #"{"kty":"oct","kid":"a"}"#,
    #"{"kty":"oct","kid":"a","k":"AAAA"}"#, #"{"kty":"oct","kid":"a","k":"***"}"#,
    #"{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#,
    #"{"kty":"oct","kid":"a\"b","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#,
    #"{"kty":"OKP","crv":"Ed25519","kid":"e","x":"AAAA"}"#,
    // Halves that do not belong together.
    #"{"kty":"OKP","crv":"Ed25519","kid":"e","d":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    #"{"kty":"EC","crv":"P-256","kid":"e","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#,
    // A point beside the curve.
    #"{"kty":"EC","crv":"P-256","kid":"e","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}"#,
  ])
  func `a set that cannot be trusted is refused`(json: String) {
    #expect(throws: KeyError.self) { try TokenFixture.ring(json) }
  }

  @Test func `two keys of one name are refused`() throws {
    let key = try TokenFixture.key(.hs256)
    #expect(throws: KeyError.self) { try KeyRing([key, key]) }
  }

  @Test func `an error names the key and never its secret`() {
    do {
      _ = try TokenFixture.ring(#"{"kty":"oct","kid":"name","k":"c2VjcmV0LXdvcmQ"}"#)
      Issue.record("accepted")
    } catch {
      #expect("\(error)".contains("name"))
      #expect(!"\(error)".contains("c2VjcmV0"))
      #expect(!"\(error)".contains("secret-word"))
    }
  }

  @Test func `tokens of the old key are good until it is withdrawn`() throws {
    let old = try SigningKey(id: "old", secret: TokenFixture.secret)
    let new = try SigningKey(id: "new", secret: TokenFixture.secret.reversed())
    let token = try TokenSigner(key: old).sign(TokenFixture.claims())
    let rotated = try KeyRing([new, old])
    #expect(rotated.signing?.id == "new")
    #expect(TokenVerifier(ring: rotated).verify(token).refusal == nil)
    let withdrawn = try KeyRing([new])
    #expect(TokenVerifier(ring: withdrawn).verify(token).refusal == .unknownKey)
  }
}
