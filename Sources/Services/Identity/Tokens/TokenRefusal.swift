/// Why a token is not accepted. For metrics and logs; a client is told 401 and no more.
public enum TokenRefusal: String, Error, Sendable, CaseIterable {
  /// Not three parts of canonical base64url, not JSON, a claim of a wrong type or named twice.
  case malformed
  /// Longer than ``TokenRules/maximumCount``.
  case tooLong = "too_long"
  /// Signed by a key that the ring does not hold, or by none.
  case unknownKey = "unknown_key"
  /// The header names another algorithm than the key's.
  case wrongAlgorithm = "wrong_algorithm"
  /// The signature is not the key's for these bytes.
  case badSignature = "bad_signature"
  /// `exp` has passed.
  case expired
  /// `nbf` has not come.
  case notYetValid = "not_yet_valid"
  /// `aud` does not name us.
  case wrongAudience = "wrong_audience"
  /// `app_id` is not the tenant of the request.
  case wrongTenant = "wrong_tenant"
  /// `sub` is no user's name.
  case badSubject = "bad_subject"
}
