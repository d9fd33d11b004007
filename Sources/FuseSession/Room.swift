/// FuseSession
