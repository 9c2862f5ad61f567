internal import Domain
internal import Services

/// Where the tokens of a run come from: files, or the development key of an embedded instance.
struct TokenSource {
  private let options: TokenOptions
  private let signer: TokenSigner?

  /// - Throws: `ScenarioError` when the development key is needed and cannot be read.
  init(_ options: TokenOptions) throws(ScenarioError) {
    self.options = options
    guard let folder = options.dataFolder else {
      signer = nil
      return
    }
    do {
      signer = try TokenSigner(key: DevelopmentKey.load(in: folder))
    } catch {
      throw ScenarioError("cannot sign tokens: \(error)")
    }
  }

  /// Tokens of `count` users: the first ones of the file, or those of `U1`, `U2` and so on.
  ///
  /// - Parameter first: the number of the first user, where there is no file.
  func users(_ count: Int, from first: Int = 1) throws(ScenarioError) -> TokenStore {
    if let path = options.tokenFile { return try TokenStore(path: path) }
    var store = TokenStore()
    for number in first..<first + count { store.append(try sign("U\(number)", .user).utf8) }
    return store
  }

  /// A token of an operator with `role`, or the one of the file.
  func administrator(_ role: Role) throws(ScenarioError) -> String {
    guard let path = options.administratorFile else { return try sign("loadtest", role) }
    let store = try TokenStore(path: path)
    guard store.count > 0 else { throw ScenarioError("no token in \(path)") }
    return store.token(0)
  }

  private func sign(_ name: String, _ role: Role) throws(ScenarioError) -> String {
    guard let signer else { throw ScenarioError("no key to sign tokens with: give --data") }
    guard let user = UserID(name) else { throw ScenarioError("\(name) is no user") }
    return signer.sign(
      TokenClaims(
        user: user, tenant: options.tenant, roles: RoleSet(role), issuedAt: WallClock.system.now()))
  }
}
