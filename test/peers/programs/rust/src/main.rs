//! Prints who the SDK for Rust is, by its default chain of credentials.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws_sdk_sts::Error> {
    let settings = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let identity = aws_sdk_sts::Client::new(&settings).get_caller_identity().send().await?;
    println!("{}", identity.arn().unwrap_or_default());
    Ok(())
}
