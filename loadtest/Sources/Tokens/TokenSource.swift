internal import Domain
internal import Foundation

/// Where the tokens of a run come from: files.
struct TokenSource {
  private let options: ClaimOptions

  init(_ options: ClaimOptions) throws(ScenarioError) {
    self.options = options
  }

  /// Tokens of `count` users.
  func users(_ count: Int) throws(ScenarioError) -> TokenStore {
    guard let path = options.tokenFile else {
      throw ScenarioError("--tokens is missing")
    }
    return try TokenStore(path: path)
  }

  /// A token that may create campaigns.
  func administrator() throws(ScenarioError) -> String {
    guard let path = options.adminTokenFile else {
      throw ScenarioError("--admin-token is missing")
    }
    let store = try TokenStore(path: path)
    guard store.count > 0 else { throw ScenarioError("no token in \(path)") }
    return store.token(0)
  }
}
